import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { native } from '../../src/native/addon';
import { addonFiles } from '../../src/native/load';
import { ops } from '../../src/native/ops.generated';
import { RUNS_TYPESCRIPT } from '../support/typescript';

const code = (value: string, message: RegExp) =>
  expect.objectContaining({ name: 'TorchError', code: value, message: expect.stringMatching(message) });
const refused = (message: RegExp) => code('ERR_INVALID_ARG', message);

/** Calls `body` with new tensors of these shapes and releases them after. */
function withTensors(shapes: number[][], body: (...handles: number[]) => void): void {
  const handles = shapes.map((shape) => ops.ones(shape));
  try {
    body(...handles);
  } finally {
    native().release(handles);
  }
}

/** An array whose only element runs `act` when it is read. */
function trap(act: () => number): number[] {
  return Object.defineProperty([0], 0, { get: act });
}

describe('random arguments', () => {
  test('neither crash the process, nor leave a tensor behind, nor raise an error that is not one clear line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'libtorch-gan-'));
    const journal = join(folder, 'call');
    const script = join(__dirname, 'fuzz.ts');
    const { status, signal, stdout } = spawnSync(
      process.execPath,
      [...RUNS_TYPESCRIPT, script, '20261', '5000', journal],
      { encoding: 'utf8', timeout: 50_000 },
    );
    const last = readFileSync(journal, 'utf8').trim();
    rmSync(folder, { recursive: true });
    expect({ status, signal, last: status === 0 ? '' : last }).toEqual({ status: 0, signal: null, last: '' });
    expect(stdout).toMatch(/^5000 calls, [1-9]\d{3} succeeded, 0 faults\n$/);
  });
});

describe('bytes', () => {
  const shapes = { shared: new SharedArrayBuffer(8), plain: new Float32Array([1, 2, 3]).buffer };

  test.each([
    ['a view of transferred memory', transferred()],
    ['a view that its buffer shrank away from', shrunk((buffer) => new Float32Array(buffer, 8, 2))],
    ['a DataView that its buffer shrank away from', shrunk((buffer) => new DataView(buffer, 8, 8))],
  ])('%s is refused', (_, view) => {
    expect(() => native().fromBytes(view, 'float32', [2], 'cpu')).toThrow(refused(/bytes|live memory/));
  });

  test('memory that goes away while the shape is read is not touched', () => {
    const bytes = new Float32Array(1000);
    const shape = trap(() => {
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      return 1000;
    });
    expect(() => native().fromBytes(bytes, 'float32', shape, 'cpu')).toThrow(refused(/expected 4000 bytes/));
  });

  test.each([
    ['a DataView', new DataView(shapes.plain, 4), [2, 3]],
    ['shared memory', new Float32Array(shapes.shared), [0, 0]],
    ['a DataView of shared memory', new DataView(shapes.shared), [0, 0]],
  ])('%s is read', (_, view, expected) => {
    const handle = native().fromBytes(view, 'float32', [2], 'cpu');
    expect(Array.from(new Float32Array(native().toBuffer(handle)))).toEqual(expected);
    native().releaseOne(handle);
  });

  test('a bool is 0 or 1 whatever the byte was', () => {
    const handle = native().fromBytes(new Uint8Array([0, 1, 2, 255]), 'bool', [4], 'cpu');
    expect(Array.from(new Uint8Array(native().toBuffer(handle)))).toEqual([0, 1, 1, 1]);
    native().releaseOne(handle);
  });

  test('a big buffer is memory of its own too', () =>
    withTensors([[200, 200]], (handle) => {
      new Float32Array(native().toBuffer(handle)).fill(7);
      expect(new Float32Array(native().toBuffer(handle)).every((value) => value === 1)).toBe(true);
    }));
});

describe('handles', () => {
  test('a number that only begins like a handle is none', () =>
    withTensors([[1]], (handle) => {
      for (const near of [handle + 2 ** 32, handle + 0.5, -handle]) {
        expect(() => ops.relu(near)).toThrow(code('ERR_RELEASED', /released, or never was/));
        expect(native().releaseOne(near)).toBe(false);
        expect(native().release([near])).toBe(0);
      }
    }));

  test('a stale handle stays stale while a hundred thousand tensors come and go', () =>
    withTensors([[1]], (base) => {
      const stale = ops.alias(base);
      native().releaseOne(stale);
      let again = 0;
      for (let i = 0; i < 100_000; i++) {
        const handle = ops.alias(base);
        if (handle === stale) again++;
        native().releaseOne(handle);
      }
      expect(again).toBe(0);
    }));

  test('an argument that a getter releases serves its call to the end', () => {
    const victim = ops.ones([6]);
    const shape = trap(() => {
      native().releaseOne(victim);
      return 6;
    });
    const result = ops.view(victim, shape);
    expect(native().shape(result)).toEqual([6]);
    native().releaseOne(result);
  });

  test('an array longer than handles can be is refused before it is read', () => {
    const endless = new Array(2 ** 32 - 1);
    expect(() => native().release(endless)).toThrow(
      refused(/at most 16777216 elements but received 4294967295/),
    );
    withTensors([[2]], (handle) => {
      expect(() => ops.index_Tensor(handle, endless)).toThrow(refused(/at most 65536 elements/));
    });
  });
});

describe('what LibTorch takes for granted', () => {
  const adam = (lists: number[][]): void =>
    ops._fused_adam_(
      lists[0],
      lists[1],
      lists[2],
      lists[3],
      [],
      lists[4],
      1e-3,
      0.9,
      0.99,
      0,
      1e-8,
      false,
      false,
    );

  test('a fused optimizer refuses state that is not like its parameters', () =>
    withTensors([[2], [3], []], (two, three, step) => {
      expect(() => adam([[two], [], [two], [two], [step]])).toThrow(
        refused(/as many gradients as parameters, 1, but received 0/),
      );
      expect(() => adam([[two], [three], [two], [two], [step]])).toThrow(
        refused(/gradients like the parameters.* number 0 is float32 \[3\] cpu beside float32 \[2\] cpu/),
      );
      expect(() => adam([[two], [two], [two], [two], [two]])).toThrow(refused(/one element for step counts/));
    }));

  test('a fused optimizer refuses a gradient that lies otherwise in memory', () =>
    withTensors([[2, 3], [3, 2], []], (parameter, other, step) => {
      const turned = ops.t(other);
      expect(() => adam([[parameter], [turned], [parameter], [parameter], [step]])).toThrow(
        refused(/in memory too/),
      );
      native().releaseOne(turned);
    }));

  test('a gradient has the shape of its tensor, and is another tensor', () =>
    withTensors([[2], [3]], (two, three) => {
      expect(() => native().setGradient(two, three)).toThrow(refused(/like the tensor, float32 \[2\] cpu/));
      expect(() => native().setGradient(two, two)).toThrow(refused(/other than the tensor itself/));
    }));

  test('more tensors than there are handles are refused before they are made', () => {
    const endless = ops.zeros([2 ** 40, 0]);
    expect(() => ops.unbind_int(endless, 0)).toThrow(
      refused(/at most 16,777,216 tensors .* counted 1099511627776/),
    );
    expect(() => ops.split_Tensor(endless, 2, -2)).toThrow(refused(/counted 549755813888/));
    expect(() => ops.chunk(endless, 2 ** 30, 1)).toThrow(refused(/counted 1073741824/));
    native().releaseOne(endless);
  });

  test('a border of millions of pixels is refused before it is computed', () =>
    withTensors(
      [
        [1, 1, 4, 4],
        [1, 1, 3, 3],
      ],
      (x, w) => {
        expect(() => ops.conv2d(x, w, null, [1, 1], [1e7, 0])).toThrow(
          refused(/paddings of at most 65536 but received 10000000$/m),
        );
        expect(() => ops.constant_pad_nd(x, [1e7, 0])).toThrow(refused(/at most 1048576/));
        expect(() => ops.pad(x, [1e7, 0])).toThrow(refused(/at most 1048576/));
        expect(() => ops.replication_pad2d(x, [1e7, 0, 0, 0])).toThrow(refused(/at most 1048576/));
      },
    ));

  test.each([0, -1, 1_000_000, 2 ** 32 + 1])('%d threads are refused', (count) => {
    expect(() => native().setThreads(count)).toThrow(refused(/expected 1 to \d+ threads/));
  });

  test('grad without outputs, and index without an index, are refused', () => {
    expect(() => native().grad([], [], null, false, false, false)).toThrow(refused(/at least one output/));
    withTensors([[2]], (handle) =>
      expect(() => ops.index_Tensor(handle, [null as never])).toThrow(refused(/index tensor/)),
    );
  });
});

describe('messages', () => {
  test('the tensors of a list are told, packed or not', () =>
    withTensors(
      [
        [2, 3],
        [2, 4],
      ],
      (a, b) => {
        for (const list of [[a, b], Int32Array.of(a, b)])
          expect(() => ops.cat(list)).toThrow(
            code('ERR_TORCH', /\n {2}tensors: \[float32 \[2, 3\] cpu, float32 \[2, 4\] cpu\]$/),
          );
      },
    ));

  test.each<[string, (handle: number) => unknown, RegExp]>([
    [
      'a nested backtrace',
      (handle) => ops.unflatten_int(handle, 0, [-3, -3]),
      /^unflatten: [^\n]*shape \[-3, -3\]\n {2}self/,
    ],
    [
      'an internal assertion',
      (handle) => ops.mse_loss(handle, handle, 9),
      /^mse: a check inside LibTorch failed: reduction/,
    ],
    [
      'the allocator’s source line',
      () => ops.zeros([2 ** 44]),
      /^zeros: DefaultCPUAllocator: can't allocate memory/,
    ],
    [
      'a printed tensor',
      (handle) => ops.meshgrid_indexing([handle], 'ij'),
      /^meshgrid: torch.meshgrid: Expected 0D or 1D[^\n]*\n/,
    ],
  ])('%s is left out', (_, act, message) =>
    withTensors([[2, 2]], (handle) => {
      expect(() => act(handle)).toThrow(expect.objectContaining({ message: expect.stringMatching(message) }));
      expect(() => act(handle)).toThrow(
        expect.objectContaining({
          message: expect.not.stringMatching(/Exception raised|INTERNAL ASSERT|\.cpp|\.h:/),
        }),
      );
    }),
  );

  test('an error class that throws, or that is none, passes its own error on', () => {
    const script = `
      const addon = require(${JSON.stringify(addonFiles().path)});
      const fails = (errorClass) => {
        addon.setErrorClass(errorClass);
        try { addon.ops.relu('x'); } catch (error) { console.log(error.message); }
      };
      fails(class { constructor() { throw new RangeError('mine'); } });
      fails(() => 0);
      fails(class { constructor() { addon.ops.relu('x'); } });
    `;
    const { status, signal, stdout } = spawnSync(process.execPath, ['-e', script], {
      encoding: 'utf8',
      timeout: 50_000,
    });
    expect({ status, signal }).toEqual({ status: 0, signal: null });
    expect(stdout).toMatch(/^mine\n.*not a constructor\nMaximum call stack size exceeded\n$/);
  });
});

function transferred(): Float32Array {
  const view = new Float32Array(2);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

/** A view of the last 8 of 16 bytes, of which only the first 8 are left. */
function shrunk(make: (buffer: ArrayBuffer) => ArrayBufferView): ArrayBufferView {
  const Resizable = ArrayBuffer as unknown as new (
    length: number,
    options: object,
  ) => ArrayBuffer & { resize(length: number): void };
  const buffer = new Resizable(16, { maxByteLength: 16 });
  const view = make(buffer);
  buffer.resize(8);
  return view;
}
