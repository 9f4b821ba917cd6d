// Runs in every test file: tensors and generators alive when its first test starts must be all that is alive after each test.
import { setFlagsFromString } from 'node:v8';
import { native, tuneProcess } from '../../src/native/addon';
import { addonFiles } from '../../src/native/load';
import { setTf32 } from '../../src/tensor/device';
import { manualSeed } from '../../src/tensor/random';

// onnxruntime's 12 MB of WebAssembly, of which a test calls a small part: compiled whole and well they take longer than the tests themselves.
setFlagsFromString('--wasm-lazy-compilation');
setFlagsFromString('--liftoff-only');

jest.mock('../../src/data/digits', () =>
  require('./kept-digits').keeping(jest.requireActual('../../src/data/digits')),
);

interface Live {
  tensors: number;
  generators: number;
}

function live(): Live {
  const [tensors, , generators] = native().liveTensors();
  return { tensors, generators };
}

if (addonFiles().built) {
  let before: Live;

  // As the command line, which may run in this process.
  tuneProcess();
  // The tensors of tests are small, and the test runner keeps every core busy with files: more threads only wait for each other.
  native().setThreads(1);
  // Comparisons to 1e-5 on a GPU need all 23 bits.
  setTf32(false);

  // The generator outlives a file in its worker: a test's draws would hang on the files that ran before it there.
  manualSeed(0);
  beforeEach(() => {
    manualSeed(0);
    before = live();
  });

  // `afterEach` hooks inside a `describe` run before this one, so what they dispose is gone already.
  afterEach(() => {
    const { tensors, generators } = live();
    expect(tensors).toBe(before.tensors);
    // Those of the files before this one go when their garbage is collected.
    expect(generators).toBeLessThanOrEqual(before.generators);
  });
}
