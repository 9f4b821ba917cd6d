import { conv2d } from '../../src/nn/conv';
import { linear } from '../../src/nn/linear';
import { Module } from '../../src/nn/module';
import { sequential } from '../../src/nn/sequential';
import { flatten, reshape } from '../../src/nn/shape';
import { spectralNorm } from '../../src/nn/spectral-norm';
import { dcgan } from '../../src/recipes/dcgan';
import { mlp } from '../../src/recipes/mlp';
import { stylegan2 } from '../../src/recipes/stylegan2';
import { getRngState, manualSeed } from '../../src/tensor/random';
import type { Tensor } from '../../src/tensor/tensor';
import { type CalibrationModel, measurePrecisions } from '../../src/training/calibrate';
import { drawLatents } from '../../src/training/latent';
import type { Networks } from '../../src/training/phase';
import { testDevice } from '../support/fixtures';
import { buildModel } from '../support/training';

/** A clock that goes on by `tick` ms at each look. */
function clock(tick: number) {
  let time = 0;
  let looks = 0;
  return {
    now: () => {
      looks++;
      time += tick;
      return time;
    },
    get looks() {
      return looks;
    },
  };
}

function model(networks: Networks, more: Partial<CalibrationModel> = {}): CalibrationModel {
  for (const network of Object.values(networks)) network.to({ device: testDevice });
  return {
    networks,
    makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
    specs: {},
    device: testDevice,
    batch: 8,
    memoryFormat: 'channels_last',
    drawLatents: (count, generator) =>
      drawLatents({ shape: [100, 1, 1] }, { count, generator, device: testDevice }),
    ...more,
  };
}

function disposeAll(networks: Networks): void {
  for (const network of Object.values(networks)) network.dispose();
}

/** Tells what it was given and made; its copies do too. */
class Watched extends Module {
  readonly inner: Module;
  readonly tell: (text: string) => void;

  constructor(inner: Module, seen: string[]) {
    super();
    this.inner = inner;
    this.tell = (text) => seen.push(text);
  }

  override forward(input: Tensor): Tensor {
    const output = this.inner.forward(input);
    this.tell(`${input.shape} → ${output.dtype}`);
    return output;
  }
}

test('the networks themselves, their statistics, gradients and the random generators stay as they were', () => {
  manualSeed(4);
  const { networks } = buildModel(dcgan, { set: { width: '4' } });
  const state = () =>
    Object.values(networks).flatMap((network) =>
      [...network.parameters(), ...network.buffers()].map((tensor) =>
        Buffer.from(tensor.toBytes()).toString('hex'),
      ),
    );
  const before = [state(), getRngState('cpu'), getRngState(testDevice)];
  const times = measurePrecisions(model(networks), clock(1).now);
  expect([state(), getRngState('cpu'), getRngState(testDevice)]).toEqual(before);
  expect(Object.values(networks).flatMap((network) => network.parameters().map(({ grad }) => grad))).toEqual(
    Object.values(networks).flatMap((network) => network.parameters().map(() => null)),
  );
  expect(times).toEqual({ fp32: 1, bf16: 1 });
  disposeAll(networks);
});

test('dropout draws nothing from the training', () => {
  const { networks } = buildModel(mlp, { resolution: 16 });
  const before = getRngState(testDevice);
  const latents: CalibrationModel['drawLatents'] = (count, generator) =>
    drawLatents({ size: 100 }, { count, generator, device: testDevice });
  measurePrecisions(model(networks, { drawLatents: latents }), clock(1).now);
  expect(getRngState(testDevice)).toEqual(before);
  disposeAll(networks);
});

test('both precisions go through the generator on latents and the others on its images', () => {
  const { networks } = buildModel(dcgan, { set: { width: '4' } });
  const seen: string[] = [];
  const watched = {
    discriminator: new Watched(networks.discriminator, seen),
    generator: new Watched(networks.generator, seen),
  };
  measurePrecisions(model(watched), clock(1).now);
  expect([...new Set(seen)].sort()).toEqual([
    '4,1,16,16 → float32',
    '4,100,1,1 → float32',
    '8,1,16,16 → bfloat16',
    '8,1,16,16 → float32',
    '8,100,1,1 → bfloat16',
    '8,100,1,1 → float32',
  ]);
  disposeAll(networks);
});

test('a network that wants something else is left out, and with the generator all of them', () => {
  const { networks } = buildModel(dcgan, { set: { width: '4' } });
  const seen: string[] = [];
  const encoder = conv2d(7, 1, { kernelSize: 3 });
  const generator = new Watched(networks.generator, seen);
  measurePrecisions(model({ generator, encoder }), clock(1).now);
  expect(seen.length).toBeGreaterThan(0);
  seen.length = 0;
  const times = measurePrecisions(model({ generator: encoder, other: generator }), clock(1).now);
  expect(times).toEqual({ fp32: 1, bf16: 1 });
  expect(seen).toEqual([]);
  disposeAll(networks);
  encoder.dispose();
});

test('a network that keeps a number and answers with it is left out, also where the discriminator wants labels', () => {
  const { networks, latent } = buildModel(stylegan2, {
    set: { conditional: 'true', size: 'small', latentSize: '8', width: '1', maxWidth: '4' },
    resolution: 32,
  });
  if (!latent) throw new Error('there are latents');
  const fromClasses: CalibrationModel['drawLatents'] = (count, generator) =>
    drawLatents(latent, { count, generator, device: testDevice });
  const times = measurePrecisions(model(networks, { drawLatents: fromClasses }), clock(1).now);
  expect(times).toEqual({ fp32: 1, bf16: 1 });
  disposeAll(networks);
});

test('a network that makes images of images goes through random ones of the batch’s size, and no latents are drawn', () => {
  const seen: string[] = [];
  const generator = new Watched(conv2d(1, 3, { kernelSize: 3, padding: 1 }), seen);
  const discriminator = new Watched(conv2d(3, 1, { kernelSize: 4 }), seen);
  const networks = { generator, discriminator };
  const takingImages: Partial<CalibrationModel> = {
    makes: { fake: { by: 'generator', from: ({ batch }) => batch.a } },
    specs: { a: { channels: 1, height: 12, width: 8, classes: 0 } },
    drawLatents: () => {
      throw new Error('there are none');
    },
  };
  measurePrecisions(model(networks, takingImages), clock(1).now);
  expect([...new Set(seen)].sort()).toEqual([
    '4,1,12,8 → float32',
    '4,3,12,8 → float32',
    '8,1,12,8 → bfloat16',
    '8,1,12,8 → float32',
    '8,3,12,8 → bfloat16',
    '8,3,12,8 → float32',
  ]);
  disposeAll(networks);
});

test('all networks that make something are measured, on the same images and latents', () => {
  const seen: string[] = [];
  const networks = {
    there: new Watched(conv2d(1, 1, { kernelSize: 1 }), seen),
    back: new Watched(conv2d(1, 1, { kernelSize: 3, padding: 1 }), seen),
  };
  const both: Partial<CalibrationModel> = {
    makes: {
      fakeB: { by: 'there', from: ({ batch }) => batch.a },
      fakeA: { by: 'back', from: ({ batch }) => batch.b },
    },
    specs: {
      a: { channels: 1, height: 8, width: 8, classes: 0 },
      b: { channels: 1, height: 6, width: 6, classes: 0 },
    },
  };
  measurePrecisions(model(networks, both), clock(1).now);
  expect(seen.filter((text) => text.startsWith('8,1,8,8')).length).toBe(
    seen.filter((text) => text.startsWith('8,1,6,6')).length,
  );
  expect(seen.some((text) => text === '8,1,6,6 → bfloat16')).toBe(true);
  disposeAll(networks);
});

test('spectral norm, whose weight passes share, is measured as often as the others', () => {
  const networks = {
    generator: sequential(spectralNorm(linear(100, 64)), reshape([1, 8, 8])),
    discriminator: sequential(flatten(), spectralNorm(linear(64, 1))),
  };
  const fromNoise: CalibrationModel['drawLatents'] = (count, generator) =>
    drawLatents({ size: 100 }, { count, generator, device: testDevice });
  const times = measurePrecisions(model(networks, { drawLatents: fromNoise }), clock(100).now);
  expect(times).toEqual({ fp32: 100, bf16: 100 });
  disposeAll(networks);
});

test('takes a second, or one round where a pass takes longer', () => {
  const { networks } = buildModel(dcgan, { set: { width: '4' } });
  const slow = clock(700);
  expect(measurePrecisions(model(networks), slow.now)).toEqual({ fp32: 700, bf16: 700 });
  // Two looks a pass: two to warm up, two of each precision for the size, two of each in the one round; and two at the budget.
  expect(slow.looks).toBe(2 * 6 + 2);
  const quick = clock(1);
  measurePrecisions(model(networks), quick.now);
  expect(quick.looks).toBeLessThan(2 * (4 + 2 * 15) + 17);
  disposeAll(networks);
});

test('never measures with more images than a step has', () => {
  const { networks } = buildModel(dcgan, { set: { width: '4' } });
  const seen: string[] = [];
  const generator = new Watched(networks.generator, seen);
  measurePrecisions(model({ generator }, { batch: 2 }), clock(0.01).now);
  expect(seen.slice(1).every((text) => text.startsWith('2,'))).toBe(true);
  disposeAll(networks);
});
