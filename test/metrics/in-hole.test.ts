import { ImageDataset } from '../../src/data/dataset';
import { degraded } from '../../src/data/degraded-dataset';
import { masked } from '../../src/data/masked';
import { evaluatePairs } from '../../src/metrics/evaluate-pairs';
import { featureDistance } from '../../src/metrics/feature-distance';
import { tensorImages } from '../../src/metrics/image-source';
import { reconstructionErrors } from '../../src/metrics/reconstruction';
import { ssim } from '../../src/metrics/ssim';
import { metricFacts } from '../../src/report/evaluations';
import { full, rand, zeros } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { keep, scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { usage } from '../support/failure';

/** Masks [N, 1, side, side], the left so many columns of which are the hole. */
function left(count: number, side: number, columns: number): Tensor {
  const masks = zeros([count, 1, side, side]);
  masks.narrow(3, { start: 0, length: columns }).fill_(1);
  return masks;
}

test('errors in the hole are means over its pixels and all colours', () => {
  scope(() => {
    const images = zeros([2, 3, 8, 8]);
    const masks = left(2, 8, 2);
    // 0.5 in the hole of one, 0.25 in all of the other.
    const made = images.clone();
    made.narrow(0, { start: 0, length: 1 }).narrow(3, { start: 0, length: 2 }).fill_(0.5);
    made.narrow(0, { start: 1, length: 1 }).fill_(0.25);
    const { mae, mse, psnr } = reconstructionErrors({ images, reconstructions: made, masks }).perImage;
    expect([...mae]).toEqual([0.5, 0.25]);
    expect([...mse]).toEqual([0.25, 0.0625]);
    expect(psnr[0]).toBeCloseTo(10 * Math.log10(4 / 0.25), 9);
    const whole = reconstructionErrors({ images, reconstructions: made }).perImage;
    expect([...whole.mae]).toEqual([0.125, 0.25]);
  });
});

test('similarity in the hole is the mean over windows whose middle lies there', () => {
  manualSeed(1);
  scope(() => {
    const [images, references] = [rand([2, 3, 24, 24]), rand([2, 3, 24, 24])];
    const everywhere = ssim({ images, references, masks: left(2, 24, 24) }).perImage;
    [...ssim({ images, references }).perImage].forEach((value, i) => {
      expect(everywhere[i]).toBeCloseTo(value, 12);
    });
    // Windows with their middle in the first 12 columns are those of the first 12 + 5.
    const part = (all: Tensor) => all.narrow(3, { start: 0, length: 17 });
    const expected = ssim({ images: part(images), references: part(references) }).perImage;
    const found = ssim({ images, references, masks: left(2, 24, 12) }).perImage;
    [...expected].forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 12);
    });
  });
});

test('the distance of features in the hole weighs each place by how much of it is hole', () => {
  manualSeed(2);
  scope(() => {
    const [map, other] = [rand([2, 5, 4, 4]).add(0.1), rand([2, 5, 4, 4]).add(0.1)];
    const numbers = (tensor: Tensor) => Array.from(tensor.toTypedArray(), Number);
    const whole = numbers(featureDistance([map], [other]));
    numbers(featureDistance([map], [other], left(2, 16, 16))).forEach((value, i) => {
      expect(value).toBeCloseTo(whole[i], 6);
    });
    // 6 of 16 columns are the first column of the map, and half of the second.
    const column = (at: number) =>
      numbers(
        featureDistance(
          [map.narrow(3, { start: at, length: 1 })],
          [other.narrow(3, { start: at, length: 1 })],
        ),
      );
    const [first, second] = [column(0), column(1)];
    numbers(featureDistance([map], [other], left(2, 16, 6))).forEach((value, i) => {
      expect(value).toBeCloseTo((2 * first[i] + second[i]) / 3, 6);
    });
  });
});

test('images are judged in their holes beside all of them, and the protocol says which holes', async () => {
  const pixels = new Uint8Array(3 * 16 * 16).fill(51);
  const photos = new ImageDataset({ name: 'grey', channels: 1, height: 16, width: 16, pixels });
  const { mask: masks } = degraded(photos, masked({ kind: 'rectangle', share: 0.25 })).parts;
  const make = await masks.fetch(Int32Array.from([0, 1, 2]), 'cpu');
  // 51 is −0.6; the hole is filled with 0.2 = byte 153.
  const images = keep(scope(() => full([3, 1, 16, 16], -0.6).add(make().mul(0.8))));
  const { metrics, protocol } = await evaluatePairs({
    images: tensorImages(images),
    targets: photos,
    masks,
    metrics: ['l1', 'psnr', 'ssim'],
  });
  images.dispose();
  expect(Object.keys(metrics)).toEqual(['l1', 'l1InHole', 'psnr', 'psnrInHole', 'ssim', 'ssimInHole']);
  expect(metrics.l1InHole).toBeCloseTo(0.8, 5);
  expect(metrics.l1).toBeCloseTo(0.2, 5);
  expect(metrics.psnrInHole).toBeCloseTo(10 * Math.log10(4 / 0.64), 4);
  expect(metrics.psnr).toBeCloseTo(10 * Math.log10(4 / 0.16), 4);
  expect(metrics.ssimInHole).not.toBeCloseTo(metrics.ssim, 4);
  expect(protocol).toMatchObject({
    masks: 'grey (mask: rectangle of 0.25 of the area)',
    masksSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    holeShare: 0.25,
  });
});

/** Masks [3, 1, 16, 16]: a hole in the middle columns, one in the 5 columns along the border, and none. */
function someSeen(): Tensor {
  const masks = zeros([3, 1, 16, 16]);
  for (const [image, start] of [6, 11].entries())
    masks.narrow(0, { start: image, length: 1 }).narrow(3, { start, length: 5 }).fill_(1);
  return masks;
}

test('an image counts in no mean where nothing of its hole is seen', () => {
  scope(() => {
    const [images, masks] = [zeros([3, 1, 16, 16]), someSeen()];
    const similarity = ssim({ images, references: images, masks });
    expect([similarity.mean, ...similarity.perImage]).toEqual([1, 1, Number.NaN, Number.NaN]);
    const { mae, perImage } = reconstructionErrors({ images, reconstructions: images.add(0.5), masks });
    expect([mae, ...perImage.mae]).toEqual([0.5, 0.5, 0.5, Number.NaN]);
  });
});

/** What is said of grey images that are 0.4 too bright, in their holes. */
async function judgeHoles(make: () => Tensor, onNote?: (note: string) => void) {
  const masks = keep(scope(make));
  const [count, channels, height, width] = masks.shape;
  const spec = { channels, height, width, classes: 0 };
  const pixels = new Uint8Array(count * height * width).fill(51);
  const images = keep(full([count, channels, height, width], -0.2));
  const holes = { name: 'holes', spec, count, labels: null, classNames: [] };
  try {
    return await evaluatePairs({
      images: tensorImages(images),
      targets: new ImageDataset({ name: 'grey', ...spec, pixels }),
      masks: { ...holes, sha256: async () => 'ab', fetch: async () => () => masks.clone() },
      metrics: ['l1', 'ssim'],
      onNote,
    });
  } finally {
    images.dispose();
    masks.dispose();
  }
}

test('images of whose hole a metric sees nothing are left out of its mean, with a note', async () => {
  const notes: string[] = [];
  const { metrics } = await judgeHoles(someSeen, (note) => notes.push(note));
  expect(metrics.l1InHole).toBeCloseTo(0.4, 5);
  expect(metrics.ssimInHole).toBeCloseTo(metrics.ssim, 5);
  expect(notes).toEqual([
    'l1InHole leaves out 1 of 3 images, whose hole is too near to the border, or empty',
    'ssimInHole leaves out 2 of 3 images, whose hole is too near to the border, or empty',
  ]);
});

test('a metric that sees nothing of any hole is refused', async () => {
  await expect(judgeHoles(() => left(2, 16, 5))).rejects.toThrow(
    usage('ssimInHole: expected masks with a hole away from the border but none of 2 has one'),
  );
});

test('numbers in the hole, and of the base line there, say so', () => {
  expect(metricFacts('psnrInHole')).toMatchObject({ label: 'PSNR (dB) in the hole', better: 'higher' });
  expect(metricFacts('l1InHoleOfMean')).toMatchObject({
    label: 'L1 in the hole of the mean colour of the rest',
    better: 'lower',
  });
});
