import { residualTranslator } from '../../src/models/residual-translator';
import type { Translator } from '../../src/models/translator';
import { unetGenerator } from '../../src/models/unet';
import { upscaler } from '../../src/models/upscaler';
import { standingStatistics } from '../../src/nn/standing-statistics';
import { noGrad } from '../../src/tensor/autograd';
import { rand, randn } from '../../src/tensor/create';
import { interpolate } from '../../src/tensor/functional';
import { manualSeed } from '../../src/tensor/random';
import { dispose, scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { imageSampler } from '../../src/training/image-sampler';
import { isSeamless, makeInTiles, type TileProgress, tileByTile } from '../../src/training/tiled';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';

const spec = { channels: 3, height: 32, width: 32, classes: 0 };
/** One step of 256 in values from −1 to 1. */
const STEP = 2 / 255;

function modelOf(network: Translator, norms: 'running' | 'image' = 'running') {
  network.to({ device: testDevice }).eval();
  const sampler = imageSampler({
    directions: { ab: { by: 'ab', from: 'a', to: 'b' } },
    reach: network,
    norms,
  });
  return { sampler, networks: { ab: network }, device: testDevice };
}

/** A translator whose output spans what pixels can be, and whose batch norms have statistics. */
function translator(norm: 'batch' | 'instance') {
  manualSeed(3);
  const network = residualTranslator({ from: spec, to: spec, width: 4, blocks: 1, norm });
  const parameters = network.parameters();
  noGrad(() => scope(() => parameters[parameters.length - 2].mul_(10)));
  standingStatistics(network, { batches: 1, input: () => photo(1, [64, 64]) });
  return modelOf(network);
}

/** Soft shapes, grain, and a part that is almost plain: tiles differ in all statistics. */
function photo(count: number, size: readonly [number, number]): Tensor {
  const shapes = interpolate(rand([count, 3, 5, 7]), { size, mode: 'bicubic' })
    .mul(2)
    .sub(1);
  const image = shapes.add(randn([count, 3, ...size]).mul(0.2)).clamp({ min: -1, max: 1 });
  image.narrow(3, { start: 0, length: 60 }).mul_(0.05);
  return image;
}

function disposeModel({ networks }: { networks: { ab: Translator } }): void {
  networks.ab.dispose();
}

describe('refused', () => {
  test.each([
    [{ tile: 40 }, 'expected a tile of at least 52 pixels, for a margin of 24 on each side, but received 40'],
    [{ tile: 64, direction: 'ba' }, 'this model has no direction ba: it has ab'],
  ])('%j', (options, message) => {
    const model = translator('instance');
    scope(() => {
      expect(() => makeInTiles(model, photo(1, [64, 64]), options)).toThrow(usage(message));
    });
    disposeModel(model);
  });

  test('images smaller than the network’s least', () => {
    const model = translator('instance');
    scope(() => {
      const images = photo(1, [64, 64]).narrow(2, { start: 0, length: 7 });
      expect(() => makeInTiles(model, images, { tile: 64 })).toThrow(
        usage('this model expects images of at least 8×8 pixels but received 7×64'),
      );
    });
    disposeModel(model);
  });
});

describe.each(['batch', 'instance'] as const)('a translator with %s norm', (norm) => {
  test.each<[[number, number], { tile: number; overlap?: number }]>([
    [[160, 130], { tile: 64 }],
    [[97, 141], { tile: 72, overlap: 24 }],
    [[64, 150], { tile: 100, overlap: 30 }],
    [[60, 64], { tile: 64 }],
  ])('makes of %j in tiles %j what it makes at once', (size, options) => {
    const model = translator(norm);
    scope(() => {
      const images = photo(2, size);
      const atOnce = model.sampler.make(model.networks, images.to(testDevice)).to('cpu');
      const inTiles = makeInTiles(model, images, options);
      expect(inTiles.shape).toEqual([2, 3, ...size]);
      expect(inTiles.sub(atOnce).abs().max().item()).toBeLessThan(0.01 * STEP);
      // Far from plain: what would be equal for want of contrast shows nothing.
      expect(atOnce.std().item()).toBeGreaterThan(20 * STEP);
    });
    disposeModel(model);
  });

  test('has seams where tiles overlap by less than it sees, but not by much', () => {
    const model = translator(norm);
    scope(() => {
      const images = photo(1, [128, 128]);
      const atOnce = model.sampler.make(model.networks, images.to(testDevice)).to('cpu');
      const inTiles = makeInTiles(model, images, { tile: 64, overlap: 0 });
      expect(inTiles.sub(atOnce).abs().max().item()).toBeGreaterThan(2 * STEP);
    });
    disposeModel(model);
  });
});

describe('a network that looks at all of the image', () => {
  function unet() {
    manualSeed(5);
    return modelOf(unetGenerator({ from: spec, to: spec, width: 4, depth: 3 }), 'image');
  }

  test('is blended, and a smaller image is made as at once', () => {
    const model = unet();
    expect(isSeamless(model)).toBe(false);
    scope(() => {
      const images = photo(2, [64, 90]);
      const atOnce = model.sampler.make(model.networks, images.to(testDevice), { seed: 4 }).to('cpu');
      expect(makeInTiles(model, images, { tile: 96, seed: 4 }).allclose(atOnce, { atol: 1e-6 })).toBe(true);
      const blended = makeInTiles(model, images, { tile: 32, seed: 4 });
      expect(blended.shape).toEqual([2, 3, 64, 90]);
      expect(makeInTiles(model, images, { tile: 32, seed: 4 }).equal(blended)).toBe(true);
      expect(makeInTiles(model, images, { tile: 32, seed: 5 }).equal(blended)).toBe(false);
    });
    disposeModel(model);
  });
});

test('tile by tile tells how far it is, and gives back what it holds where it is left', () => {
  const model = translator('instance');
  scope(() => {
    const images = photo(1, [64, 100]);
    const steps = tileByTile(model, images, { tile: 64 });
    const told: TileProgress[] = [];
    let step = steps.next();
    for (; !step.done; step = steps.next()) told.push(step.value);
    dispose(step.value);
    // Seven norms, and four tiles in a row.
    expect(told).toEqual(Array.from({ length: 32 }, (_, index) => ({ done: index + 1, total: 32 })));
    const left = tileByTile(model, images, { tile: 64 });
    left.next();
    left.return(images);
  });
  disposeModel(model);
});

describe.each([2, 3, 4])('a network that enlarges images %d times', (scale) => {
  function enlarging(stride = 1) {
    manualSeed(6);
    const to = { ...spec, height: scale * spec.height, width: scale * spec.width };
    const network = upscaler({ from: spec, to, width: 4, blocks: 1 });
    noGrad(() => scope(() => network.last.weight.mul_(10)));
    network.to({ device: testDevice }).eval();
    const { receptiveField } = network;
    const sampler = imageSampler({
      directions: { enlarge: { by: 'ab', from: 'input', to: 'target' } },
      reach: { stride, least: 1, receptiveField, scale },
    });
    return { sampler, networks: { ab: network }, device: testDevice };
  }

  test('makes of images in tiles what it makes at once, also of sizes that want a border', () => {
    for (const stride of [1, 4]) {
      const model = enlarging(stride);
      scope(() => {
        const images = photo(2, [61, 90]);
        const atOnce = model.sampler.make(model.networks, images.to(testDevice)).to('cpu');
        expect(atOnce.shape).toEqual([2, 3, 61 * scale, 90 * scale]);
        const inTiles = makeInTiles(model, images, { tile: 36 });
        expect(inTiles.shape).toEqual(atOnce.shape);
        expect(inTiles.sub(atOnce).abs().max().item()).toBeLessThan(0.01 * STEP);
      });
      model.networks.ab.dispose();
    }
  });

  test('is blended with shares that add up, where it looks at all of an image', () => {
    const model = enlarging();
    const reach = { stride: 1, least: 1, receptiveField: Number.POSITIVE_INFINITY, scale };
    const { directions } = model.sampler;
    const blended = { ...model, sampler: imageSampler({ directions, reach }) };
    expect(isSeamless(blended)).toBe(false);
    scope(() => {
      const images = photo(1, [40, 64]);
      const atOnce = model.sampler.make(model.networks, images.to(testDevice)).to('cpu');
      const inTiles = makeInTiles(blended, images, { tile: 32 });
      expect(inTiles.shape).toEqual(atOnce.shape);
      // Overlaps of a quarter of the tile are more than it sees but for its margin.
      expect(inTiles.sub(atOnce).abs().mean().item()).toBeLessThan(STEP);
    });
    model.networks.ab.dispose();
  });
});
