import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScriptModule } from '../../src/io/script-module';
import { addonFiles } from '../../src/native/load';
import { noGrad } from '../../src/tensor/autograd';
import { ones, randn } from '../../src/tensor/create';
import { getRngState } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { temporaryFolder } from '../data/files';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';
import { readFixture, testDevice } from '../support/fixtures';

const folder = temporaryFolder();
const fixture = readFixture('io/script');
const path = (name: string) => join(__dirname, '..', 'fixtures', 'io', 'script', name);
const open = (name: string) => new ScriptModule(path(`${name}.pt`), { device: testDevice });

describe('bad files', () => {
  test('one that is not there, and a folder, are told apart', () => {
    expect(() => new ScriptModule('/nowhere/net.pt')).toThrow(
      failure('ERR_CANNOT_READ', 'there is no such file'),
    );
    expect(() => new ScriptModule(folder.path())).toThrow(failure('ERR_CANNOT_READ', 'it is a folder'));
  });

  test.each(['pickled.pt', 'state-dict.pt'])('%s of torch.save holds no code', (name) => {
    expect(() => new ScriptModule(path(name))).toThrow(
      failure(
        'ERR_BAD_SCRIPT',
        'it holds pickled Python objects (torch.save) but no code: save a network with torch.jit.script',
      ),
    );
  });

  test('other files are refused before LibTorch sees them', () => {
    for (const bytes of ['', 'PK', '\x80\x02pickle', 'not at all']) {
      writeFileSync(folder.path('file.pt'), bytes);
      expect(() => new ScriptModule(folder.path('file.pt'))).toThrow(
        failure('ERR_BAD_SCRIPT', 'expected a zip archive'),
      );
    }
  });

  test('one that is cut off is damaged', () => {
    const bytes = readFileSync(path('plain.pt'));
    writeFileSync(folder.path('file.pt'), bytes.subarray(0, bytes.length / 2));
    expect(() => new ScriptModule(folder.path('file.pt'))).toThrow(
      failure('ERR_BAD_SCRIPT', 'it is damaged'),
    );
  });

  test('one with another letter in its code is refused by its checksum, before LibTorch compiles it', () => {
    const bytes = readFileSync(path('plain.pt'));
    bytes.write('F', bytes.indexOf('def forward') + 4);
    writeFileSync(folder.path('file.pt'), bytes);
    expect(() => new ScriptModule(folder.path('file.pt'))).toThrow(
      failure('ERR_BAD_SCRIPT', '.py" does not fit: it is damaged'),
    );
  });

  test('a script without forward is refused', () => {
    expect(() => open('headless')).toThrow(
      failure('ERR_BAD_SCRIPT', 'expected a script with a method forward'),
    );
  });

  test('a device that is not there is refused', () => {
    expect(() => new ScriptModule(path('plain.pt'), { device: 'cuda:99' })).toThrow(
      failure('ERR_NO_CUDA', ''),
    );
  });
});

describe('calls', () => {
  test('a tensor of the wrong shape is an error that says what the script said', () => {
    const script = open('plain');
    scope(() => {
      expect(() => script.run(ones([2, 5, 6, 5]))).toThrow(
        failure('ERR_TORCH', 'expected input[2, 5, 6, 5] to have 3 channels'),
      );
      expect(() => script.run(ones([1]), { flags: ['nonsense'] })).toThrow(failure('ERR_TORCH', 'nonsense'));
    });
    script.dispose();
  });

  test('what is no tensor, and what are no flags, is refused before the script runs', () => {
    const script = open('plain');
    scope(() => {
      for (const wrong of [undefined, [1], 'image', [ones([1]), null]])
        expect(() => script.run(wrong as never)).toThrow(usage('ScriptModule.run expects a tensor'));
      expect(() => script.run(ones([1]), { flags: 'all' as never })).toThrow(
        usage('flags to be names of arguments'),
      );
    });
    script.dispose();
  });

  test('a script that returns something else than tensors is an error', () => {
    const script = open('words');
    scope(() =>
      expect(() => script.run(ones([1]))).toThrow(failure('ERR_INVALID_ARG', "it returned a String as '1'")),
    );
    script.dispose();
  });

  test('a disposed script is told by its file; disposing it again does nothing', () => {
    const script = open('plain');
    script.dispose();
    script.dispose();
    scope(() =>
      expect(() => script.run(ones([1]))).toThrow(failure('ERR_RELEASED', 'plain.pt was disposed')),
    );
    expect(() => script.to('cpu')).toThrow(failure('ERR_RELEASED', ''));
  });

  test.each([
    ['plain', ['']],
    ['pair', ['0', '1']],
    ['several', ['0', '1', '2']],
    ['named', ['logits', 'features']],
  ])('%s gives what PyTorch gives at rest, though it was saved while training', (name, keys) => {
    const script = open(name);
    scope(() =>
      noGrad(() => {
        const random = getRngState();
        const results = script.run(fixture.tensor('images'));
        expect(Object.keys(results)).toEqual(keys);
        for (const key of keys)
          expectClose(results[key], fixture.tensor(key === '' ? name : `${name}.${key}`), { label: key });
        expect(getRngState()).toEqual(random);
      }),
    );
    script.dispose();
  });

  test('flags become true', () => {
    const script = open('detector');
    expect(script.argumentNames).toEqual(['img', 'return_features', 'use_fp16', 'no_output_bias']);
    scope(() =>
      noGrad(() => {
        const pixels = fixture.tensor('pixels');
        expectClose(script.run(pixels)[''], fixture.tensor('detector'));
        for (const [flag, expected] of [
          ['return_features', 'detector.features'],
          ['no_output_bias', 'detector.unbiased'],
        ])
          expectClose(script.run(pixels, { flags: [flag] })[''], fixture.tensor(expected), { label: flag });
      }),
    );
    script.dispose();
  });

  test('gradients pass through a script to its input', () => {
    const script = open('plain');
    scope(() => {
      const images = randn([1, 3, 4, 4], { device: testDevice, requiresGrad: true });
      script.run(images)[''].sum().backward();
      expect(images.grad?.abs().sum().item()).toBeGreaterThan(0);
    });
    script.dispose();
  });

  test('the extra file libtorch-gan.json comes along', () => {
    const [plain, named] = [open('plain'), open('named')];
    expect(plain.metadata).toBe('');
    expect(JSON.parse(named.metadata)).toEqual({ range: [0, 1], size: 4, filter: 'bicubic' });
    plain.dispose();
    named.dispose();
  });
});

// In a process of its own: a crash there must fail a test here, not end the test runner.
test('no file with some bytes changed, and none that is cut off, ends the process', () => {
  mkdirSync(folder.path('spoilt'));
  const script = `
    const { readFileSync, writeFileSync } = require('node:fs');
    const addon = require(${JSON.stringify(addonFiles().path)});
    addon.setThreads(1);
    const whole = readFileSync(${JSON.stringify(path('plain.pt'))});
    const file = ${JSON.stringify(folder.path('spoilt', 'file.pt'))};
    const input = addon.fromBytes(new Float32Array(3 * 16), 'float32', [1, 3, 4, 4], 'cpu');
    let state = 7, loaded = 0, refused = 0;
    const below = (n) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % n;
    for (let i = 0; i < 150; i++) {
      const bytes = Buffer.from(whole);
      for (let j = 0; j <= i % 4; j++) bytes[below(bytes.length)] = below(256);
      writeFileSync(file, i % 5 === 4 ? bytes.subarray(0, below(bytes.length)) : bytes);
      try {
        const [handle] = addon.loadScript(file, 'cpu', 'x');
        try { addon.release(addon.runScript(handle, [input], [])[1]); } catch { refused++; }
        addon.releaseScript(handle);
        loaded++;
      } catch { refused++; }
    }
    console.log('survived', loaded > 0, refused > 0);`;
  const { stdout, signal } = spawnSync(process.execPath, ['-e', script], {
    encoding: 'utf8',
    timeout: 50_000,
  });
  expect([stdout.trim(), signal]).toEqual(['survived true true', null]);
});
