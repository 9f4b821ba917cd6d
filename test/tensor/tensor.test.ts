import { native } from '../../src/native/addon';
import { ops } from '../../src/native/ops.generated';
import { fromBytes, full, ones, randn, tensor, zeros } from '../../src/tensor/create';
import { memory } from '../../src/tensor/memory';
import { scope } from '../../src/tensor/scope';
import { cat, stack } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';

const code = (value: string) => expect.objectContaining({ code: value });

describe('bad input', () => {
  test('a shape mismatch says the operator, what LibTorch says, and the shapes of the arguments', () =>
    scope(() => {
      const a = ones([2, 3]);
      const b = ones([4, 5]);
      expect(() => a.mm(b)).toThrow(
        expect.objectContaining({
          name: 'TorchError',
          code: 'ERR_TORCH',
          op: 'mm',
          message: expect.stringMatching(
            /^mm: .*2x3 and 4x5[\s\S]*self: float32 \[2, 3\] cpu; mat2: float32 \[4, 5\] cpu$/,
          ),
        }),
      );
    }));

  test.each([
    [
      'a string for a tensor',
      () => ops.relu('x' as never),
      /relu: argument 1 \(self\): expected a tensor but received x \(string\)/,
    ],
    [
      'nothing for a tensor',
      () => ops.relu(undefined as never),
      /argument 1 \(self\): expected a tensor but received undefined/,
    ],
    [
      'a fraction for a size',
      () => ops.zeros([1.5]),
      /argument 1 \(size\): expected an integer but received 1.5 \(number\)/,
    ],
    ['an object for sizes', () => ops.zeros({} as never), /expected an array of numbers but received object/],
    [
      'an unknown dtype',
      () => ops.zeros([1], 'float8' as never),
      /expected a dtype .* but received 'float8'/,
    ],
    [
      'an unknown device',
      () => ops.zeros([1], 'float32', null, 'tpu'),
      /expected a device .* but received 'tpu'/,
    ],
    ['a layout', () => ops.zeros([1], 'float32', 'strided' as never), /expected no layout/],
    ['a dead generator', () => ops.randn_generator([1], 77), /expected a live random generator/],
    [
      'a number for a list of tensors',
      () => ops.cat(3 as never),
      /expected an array of tensors but received 3/,
    ],
    ['a float array for handles', () => ops.cat(new Float32Array(1) as never), /expected an Int32Array/],
    ['a stale handle', () => ops.relu(12345), /released, or never was/],
    ['a negative handle', () => ops.relu(-5), /released, or never was/],
    ['a handle beyond 32 bits', () => ops.relu(2 ** 40), /released, or never was/],
    ['NaN for a handle', () => ops.relu(Number.NaN), /released, or never was/],
    ['a symbol', () => ops.relu(Symbol('s') as never), /expected a tensor but received symbol/],
    ['a negative size', () => ops.zeros([-1]), /negative/],
    ['a size that overflows', () => ops.zeros([2 ** 52, 2 ** 52]), /overflow|too large|allocate/i],
    [
      'bytes that do not fit',
      () => fromBytes(new Uint8Array(7), { dtype: 'float32', shape: [2] }),
      /expected 8 bytes .* received 7/,
    ],
    [
      'a shape that overflows',
      () => fromBytes(new Uint8Array(8), { dtype: 'float32', shape: [2 ** 40, 2 ** 40] }),
      /fits 64 bits/,
    ],
    ['a ragged array', () => tensor([[1, 2], [3]]), /equal length at each depth/],
    ['text among numbers', () => tensor(['x'] as never), /expected numbers or booleans but received string/],
  ])('%s throws and makes nothing', (_, act, message) => {
    const before = memory().tensors;
    expect(act).toThrow(message);
    expect(memory().tensors).toBe(before);
  });

  test('a handle is found stale when another tensor has its slot', () => {
    const first = ops.zeros([1]);
    native().releaseOne(first);
    const second = ops.zeros([1]);
    expect(() => ops.relu(first)).toThrow(code('ERR_RELEASED'));
    expect(native().releaseOne(first)).toBe(false);
    native().releaseOne(second);
  });

  test('an element getter that throws passes its own error on', () => {
    const hostile = Object.defineProperty([1], 0, {
      get: () => {
        throw new RangeError('mine');
      },
    });
    expect(() => ops.zeros(hostile)).toThrow('mine');
  });

  test('an element getter that releases an argument already read does not take it from its call', () => {
    const victim = ops.zeros([4]);
    const index = ops.zeros([1], 'int64');
    const hostile = Object.defineProperty([0], 0, {
      get: () => {
        native().releaseOne(victim);
        return index;
      },
    });
    const picked = ops.index_Tensor(victim, hostile);
    expect(native().shape(picked)).toEqual([1]);
    native().release([index, picked]);
  });

  test('an allocation that cannot be made is an error with a code of its own', () => {
    expect(() => ops.zeros([2 ** 44])).toThrow(code('ERR_OUT_OF_MEMORY'));
  });

  test('CUDA on a CPU build says what to install', () => {
    if (native().builtWithCuda()) return;
    expect(() => zeros([1], { device: 'cuda' })).toThrow(
      expect.objectContaining({ code: 'ERR_NO_CUDA', message: expect.stringContaining('setup --cuda') }),
    );
    expect(() => native().cudaMemory('cuda')).toThrow(code('ERR_NO_CUDA'));
    expect(() => native().cudaSynchronize('cuda')).toThrow(code('ERR_NO_CUDA'));
  });
});

describe('values in and out', () => {
  test.each([
    ['float32', new Float32Array([1.5, -2, 3e38])],
    ['float64', new Float64Array([Math.PI, -0, 5e-324])],
    ['uint8', new Uint8Array([0, 255, 7])],
    ['int8', new Int8Array([-128, 127, 0])],
    ['int16', new Int16Array([-32768, 32767, 1])],
    ['int32', new Int32Array([-(2 ** 31), 2 ** 31 - 1, 0])],
    ['int64', new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n, 0n])],
  ])('%s round-trips bit for bit', (dtype, values) =>
    scope(() => {
      const made = tensor(values);
      expect(made.dtype).toBe(dtype);
      expect(Buffer.from(made.toBytes())).toEqual(Buffer.from(values.buffer));
      expect(made.toTypedArray()).toEqual(values);
    }),
  );

  test.each([
    // 1, -2, 65504 in float16; 1, -2, 0.5 in bfloat16
    ['float16', new Uint16Array([0x3c00, 0xc000, 0x7bff]), [1, -2, 65504]],
    ['bfloat16', new Uint16Array([0x3f80, 0xc000, 0x3f00]), [1, -2, 0.5]],
  ] as const)('%s comes in and goes out as raw bits', (dtype, bits, numbers) =>
    scope(() => {
      const made = fromBytes(bits, { dtype, shape: [3] });
      expect(made.toTypedArray()).toEqual(bits);
      expect(made.toArray()).toEqual(numbers);
      expect(made.float().to({ dtype }).toTypedArray()).toEqual(bits);
    }),
  );

  test('nested numbers are float32, booleans bool, and a dtype is what was asked for', () =>
    scope(() => {
      expect(
        String(
          tensor([
            [1, 2],
            [3, 4],
          ]),
        ),
      ).toBe('Tensor float32 [2, 2] cpu');
      expect(String(tensor([true, false]))).toBe('Tensor bool [2] cpu');
      expect(tensor([true, false]).toArray()).toEqual([1, 0]);
      expect(String(tensor(2 ** 40, { dtype: 'int64' }))).toBe('Tensor int64 [] cpu');
      expect(tensor(2 ** 40 + 1, { dtype: 'int64' }).item()).toBe(2 ** 40 + 1);
      expect(tensor([], { dtype: 'float64' }).shape).toEqual([0]);
    }));

  test('a buffer that was gathered for JavaScript is its own memory, and so is one that was copied', () =>
    scope(() => {
      const source = tensor([
        [1, 2],
        [3, 4],
      ]);
      const gathered = source.t().toTypedArray();
      expect(Array.from(gathered, Number)).toEqual([1, 3, 2, 4]);
      const copied = source.toTypedArray();
      gathered[0] = 9;
      copied[0] = 9;
      expect(source.toArray()).toEqual([
        [1, 2],
        [3, 4],
      ]);
    }));

  test('a subarray gives only its own elements', () =>
    scope(() => {
      expect(tensor(new Float32Array([1, 2, 3, 4]).subarray(1, 3)).toArray()).toEqual([2, 3]);
    }));

  test('an integer tensor stays one beside a whole number, and becomes float beside a fraction', () =>
    scope(() => {
      const whole = tensor([1, 2], { dtype: 'int64' });
      expect(whole.add(2).dtype).toBe('int64');
      expect(whole.add(0.5).dtype).toBe('float32');
      expect(whole.div(2).toArray()).toEqual([0.5, 1]);
    }));
});

describe('methods', () => {
  let a: Tensor;
  beforeAll(() => {
    a = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });
  afterAll(() => a.dispose());

  test.each<[string, () => Tensor, unknown]>([
    ['sum over a dimension', () => a.sum(0), [5, 7, 9]],
    ['mean with keepdim', () => a.mean(1, { keepdim: true }), [[2], [5]]],
    ['variance without correction', () => a.var(1, { correction: 0 }), [2 / 3, 2 / 3].map(Math.fround)],
    ['norm', () => a.norm({ dim: [0, 1] }), Math.fround(Math.sqrt(91))],
    ['argmax', () => a.argmax(1), [2, 2]],
    [
      'topk',
      () => a.topk(2).values,
      [
        [3, 2],
        [6, 5],
      ],
    ],
    [
      'sort',
      () => a.sort({ descending: true }).indices,
      [
        [2, 1, 0],
        [2, 1, 0],
      ],
    ],
    [
      'cumsum',
      () => a.cumsum(1),
      [
        [1, 3, 6],
        [4, 9, 15],
      ],
    ],
    [
      'matmul',
      () => a.matmul(a.t()),
      [
        [14, 32],
        [32, 77],
      ],
    ],
    [
      'permute',
      () => a.permute([1, 0]),
      [
        [1, 4],
        [2, 5],
        [3, 6],
      ],
    ],
    [
      'narrow',
      () => a.narrow(1, { start: 1, length: 2 }),
      [
        [2, 3],
        [5, 6],
      ],
    ],
    [
      'slice with a step',
      () => a.slice(1, { step: 2 }),
      [
        [1, 3],
        [4, 6],
      ],
    ],
    ['cat', () => cat([a, a], 1).select(0, 0), [1, 2, 3, 1, 2, 3]],
    ['stack', () => stack([a, a]).sum([1, 2]), [21, 21]],
    [
      'indexSelect',
      () => a.indexSelect(0, tensor([1, 0], { dtype: 'int64' })),
      [
        [4, 5, 6],
        [1, 2, 3],
      ],
    ],
    [
      'indexCopy_',
      () => a.clone().indexCopy_(0, tensor([1], { dtype: 'int64' }), tensor([[7, 8, 9]])),
      [
        [1, 2, 3],
        [7, 8, 9],
      ],
    ],
    [
      'index with a null',
      () => a.index([null, tensor([0, 2], { dtype: 'int64' })]),
      [
        [1, 3],
        [4, 6],
      ],
    ],
    ['gather', () => a.gather(1, tensor([[0], [2]], { dtype: 'int64' })), [[1], [6]]],
    [
      'where',
      () => a.where(a.gt(3), 0),
      [
        [0, 0, 0],
        [4, 5, 6],
      ],
    ],
    [
      'clamp',
      () => a.clamp({ min: 2, max: 5 }),
      [
        [2, 2, 3],
        [4, 5, 5],
      ],
    ],
    [
      'oneHot',
      () => tensor([1, 0], { dtype: 'int64' }).oneHot(3),
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
    ],
    ['flip', () => a.flip([1]).select(0, 0), [3, 2, 1]],
    [
      'reshape with an inferred size',
      () => a.reshape([3, -1]),
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ],
    [
      'add with alpha',
      () => a.add(a, { alpha: -1 }),
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    ],
    ['rsub', () => a.rsub(1).select(0, 0), [0, -1, -2]],
    [
      'in-place chain',
      () => a.clone().mul_(2).add_(1).sub_(a),
      [
        [2, 3, 4],
        [5, 6, 7],
      ],
    ],
    ['full', () => full([2], 7, { dtype: 'uint8' }), [7, 7]],
    ['softmax', () => zeros([1, 4]).softmax(1), [[0.25, 0.25, 0.25, 0.25]]],
  ])('%s', (_, act, expected) =>
    scope(() => {
      expect(act().toArray()).toEqual(expected);
    }),
  );

  test('channels_last changes strides, not values', () =>
    scope(() => {
      const image = randn([2, 3, 4, 5]);
      const last = image.contiguous('channels_last');
      expect(last.strides).toEqual([60, 1, 15, 3]);
      expect(last.isContiguous('channels_last')).toBe(true);
      expect(last.equal(image)).toBe(true);
      expect(Buffer.from(last.toBytes())).toEqual(Buffer.from(image.toBytes()));
    }));

  test('every bound operator throws rather than crashes when it is called with nothing', () => {
    const table = native().ops as unknown as Record<string, () => unknown>;
    const names = Object.keys(table);
    expect(names.length).toBeGreaterThan(150);
    for (const name of names) expect(() => table[name]()).toThrow(code('ERR_INVALID_ARG'));
  });
});
