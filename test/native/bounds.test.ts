import { native } from '../../src/native/addon';
import { ops } from '../../src/native/ops.generated';

/** Calls `body` with tensors of ones of these shapes. */
function withOnes<T>(shapes: readonly number[][], body: (...handles: number[]) => T): T {
  const handles = shapes.map((shape) => ops.ones(shape));
  try {
    return body(...handles);
  } finally {
    native().release(handles);
  }
}

const IMAGE = [1, 1, 4, 4];
const KERNEL = [1, 1, 3, 3];
const ROWS = [
  [1, 1, 4],
  [1, 1, 3],
];
const VOLUMES = [
  [1, 1, 4, 4, 4],
  [1, 1, 3, 3, 3],
];

describe('one odd number that would keep a kernel busy for minutes is refused before it starts', () => {
  test.each<[string, (x: number, w: number) => unknown, RegExp]>([
    [
      'a permutation of 10⁹',
      () => ops.randperm_generator(1e9, null),
      /^randperm: expected permutations of at most 134217728/,
    ],
    [
      'a padding of 10⁷',
      (x, w) => ops.conv2d(x, w, null, [1], [1e7]),
      /^conv2d: .*paddings of at most 65536/,
    ],
    [
      'paddings that make millions of pixels of sixteen',
      (x, w) => ops.conv2d(x, w, null, [1], [60_000]),
      /^conv2d: .*at most 16777216 pixels .* counted 14400960016/,
    ],
    [
      'a padding of 10⁷ of rows of numbers',
      () => withOnes(ROWS, (x, w) => ops.conv1d(x, w, null, [1], [1e7])),
      /^conv1d: .*paddings of at most 65536/,
    ],
    [
      'a padding of 10⁷ of volumes',
      () => withOnes(VOLUMES, (x, w) => ops.conv3d(x, w, null, [1], [0, 0, 1e7])),
      /^conv3d: .*paddings of at most 65536/,
    ],
    [
      'paddings that make millions of voxels of 64',
      () => withOnes(VOLUMES, (x, w) => ops.conv3d(x, w, null, [1], [400])),
      /^conv3d: .*at most 16777216 pixels .* counted 519718464/,
    ],
    [
      'a stride of 10⁸ of a transposed convolution of rows',
      () => withOnes(ROWS, (x, w) => ops.conv_transpose1d(x, w, null, [1e8])),
      /^convTranspose1d: .*at most 16777216 pixels/,
    ],
    [
      'a dilation of 10⁷ under same',
      (x, w) => ops.conv2d_padding(x, w, null, [1], 'same', [1e7]),
      /dilations of at most 65536/,
    ],
    [
      'a transposed convolution’s stride of 10⁷',
      (x, w) => ops.conv_transpose2d_input(x, w, null, [1e7]),
      /^convTranspose2d: .*at most 16777216 pixels/,
    ],
    [
      'its dilation of 10⁷',
      (x, w) => ops.conv_transpose2d_input(x, w, null, [1], [0], [0], 1, [1e7]),
      /^convTranspose2d: .*at most 16777216 pixels/,
    ],
    [
      'a pooling’s window of 2⁴⁰ with half of it as padding',
      (x) => ops.max_pool2d(x, [2 ** 40], [1], [2 ** 39]),
      /^maxPool2d: .*paddings of at most 65536/,
    ],
    [
      'an expanded size of 2⁴⁰',
      (x) => ops.expand(x, [2 ** 40, 1, 4, 4]),
      /^expand: .*at most 68719476736 elements .* counted 17592186044416$/m,
    ],
    ['expanded sizes beyond all integers', (x) => ops.expand(x, [2 ** 52, 2 ** 52, 4, 4]), /^expand: /],
  ])('%s', (_, call, message) =>
    withOnes([IMAGE, KERNEL], (x, w) =>
      expect(() => call(x, w)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG', message: expect.stringMatching(message) }),
      ),
    ),
  );
});

test('attention in groups needs a head to count them by', () =>
  withOnes(
    [
      [2, 2, 4, 4],
      [2, 0, 4, 4],
    ],
    (queries, none) =>
      expect(() => ops.scaled_dot_product_attention(queries, none, none, null, 0, false, null, true)).toThrow(
        /^scaledDotProductAttention: expected keys and values of at least one head/,
      ),
  ));

describe('what is large and has its use is not refused', () => {
  test.each<[string, (x: number, w: number) => number, number[]]>([
    ['a padding as large as the image', (x, w) => ops.conv2d(x, w, null, [1], [4]), [1, 1, 10, 10]],
    [
      'a padding as large as a row',
      () => withOnes(ROWS, (x, w) => ops.conv1d(x, w, null, [1], [4])),
      [1, 1, 10],
    ],
    [
      'a padding as large as a volume',
      () => withOnes(VOLUMES, (x, w) => ops.conv3d(x, w, null, [1], [4])),
      [1, 1, 10, 10, 10],
    ],
    [
      'a transposed convolution of stride 64',
      (x, w) => ops.conv_transpose2d_input(x, w, null, [64]),
      [1, 1, 195, 195],
    ],
    ['a large stride', (x, w) => ops.conv2d(x, w, null, [1e7]), [1, 1, 1, 1]],
    ['one number expanded to a large image', (x) => ops.expand(x, [4096, 1, 4, 4]), [4096, 1, 4, 4]],
    ['a size of 2⁴⁰ without an element', (x) => ops.expand(x, [0, 2 ** 40, 4, 4]), [0, 2 ** 40, 4, 4]],
    ['a permutation of none', () => ops.randperm_generator(0, null), [0]],
  ])('%s', (_, call, shape) =>
    withOnes([IMAGE, KERNEL], (x, w) => {
      const result = call(x, w);
      expect(native().shape(result)).toEqual(shape);
      native().releaseOne(result);
    }),
  );
});
