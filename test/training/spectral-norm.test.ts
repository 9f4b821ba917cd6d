// What spectral norm needs of the trainer: phases that train a network, and those that leave it alone.
import { join } from 'node:path';
import { hinge } from '../../src/losses/adversarial';
import { leakyRelu, tanh } from '../../src/nn/activation';
import { linear } from '../../src/nn/linear';
import { sequential } from '../../src/nn/sequential';
import { flatten, reshape } from '../../src/nn/shape';
import { type SpectralNorm, spectralNorm } from '../../src/nn/spectral-norm';
import { adam } from '../../src/optim/adam';
import { isCpu } from '../../src/tensor/device';
import { manualSeed } from '../../src/tensor/random';
import type { Tensor } from '../../src/tensor/tensor';
import { CudaGraphCapture, type GraphCapture } from '../../src/training/graph-capture';
import { Trainer } from '../../src/training/trainer';
import { testDevice } from '../support/fixtures';
import { StandInCapture } from '../support/stand-in-capture';
import { filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();
const loss = hinge();

/** A trainer of normalised networks; `watch` sees the discriminator's first layer after a phase's passes. */
function trainerOf({
  graphs = false,
  watch = () => {},
}: {
  graphs?: boolean | (() => GraphCapture);
  watch?: (phase: string, layer: SpectralNorm, weights: readonly Tensor[]) => void;
} = {}): Trainer {
  manualSeed(2);
  const first = spectralNorm(linear(256, 8));
  const optimizer = adam({ lr: 2 ** -9, betas: [0, 0.9] });
  return new Trainer({
    networks: {
      generator: sequential(spectralNorm(linear(4, 256)), tanh(), reshape([1, 16, 16])),
      discriminator: sequential(flatten(), first, leakyRelu(0.2), spectralNorm(linear(8, 1))),
    },
    latent: { size: 4 },
    makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
    ema: { generator: { halfLifeImages: 50 } },
    device: testDevice,
    precision: 'fp32',
    deterministic: !isCpu(testDevice),
    seed: 5,
    graphs,
    phases: [
      {
        name: 'D',
        trains: 'discriminator',
        optimizer,
        repeat: 2,
        loss: ({ batch: { images: real }, made: { fake }, networks: { discriminator } }) => {
          const onReal = discriminator.forward(real);
          const weight = first.normalised();
          const onFake = discriminator.forward(fake);
          watch('D', first, [weight, first.normalised()]);
          return loss.discriminator(onReal, onFake);
        },
      },
      {
        name: 'G',
        trains: 'generator',
        optimizer,
        loss: ({ made: { fake }, networks: { discriminator } }) => {
          const result = loss.generator(discriminator.forward(fake));
          watch('G', first, [first.normalised()]);
          return result;
        },
      },
    ],
  });
}

async function run(trainer: Trainer, options: { steps: number; out?: string; resume?: boolean }) {
  const loader = tinyLoader();
  try {
    return await reportsOf(trainer.fit(loader, { logEvery: 1, checkpointEvery: 3, ...options }));
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

describe('spectral norm in a training', () => {
  test('moves once in each run of the phase that trains the network, and in no other', async () => {
    const seen: [phase: string, u: string][] = [];
    const watch = (phase: string, layer: SpectralNorm) => {
      seen.push([phase, String(layer.u.toTypedArray())]);
    };
    await run(trainerOf({ watch }), { steps: 2 });
    expect(seen.map(([phase]) => phase)).toEqual(['D', 'D', 'G', 'D', 'D', 'G']);
    const [first, second, frozen, third] = seen.map(([, u]) => u);
    expect(second).not.toBe(first);
    expect(frozen).toBe(second);
    expect(third).not.toBe(frozen);
  });

  test('the passes of a phase share a weight, with a graph where the phase trains it, which ends with the phase', async () => {
    const weights: Tensor[] = [];
    const graphs: [phase: string, graph: boolean][] = [];
    await run(
      trainerOf({
        watch: (phase, _, [first, second = first]) => {
          expect(second).toBe(first);
          expect(weights.every(({ released }) => released)).toBe(true);
          weights.push(first);
          graphs.push([phase, first.requiresGrad]);
        },
      }),
      { steps: 1 },
    );
    expect(graphs).toEqual([
      ['D', true],
      ['D', true],
      ['G', false],
    ]);
    expect(weights.every(({ released }) => released)).toBe(true);
  });

  test('goes on bit for bit from a checkpoint', async () => {
    const [whole, parted] = ['whole', 'parted'].map((name) => join(folder.path, name));
    await run(trainerOf(), { steps: 6, out: whole });
    await run(trainerOf(), { steps: 3, out: parted });
    await run(trainerOf(), { steps: 6, out: parted, resume: true });
    const last = join('checkpoints', 'step-000006');
    const [expected, found] = [whole, parted].map((out) => filesOf(join(out, last)));
    for (const [name, hash] of Object.entries(expected).filter(([file]) => file.endsWith('.safetensors')))
      expect({ [name]: found[name] }).toEqual({ [name]: hash });
    expect(Object.keys(expected)).toContain('networks/discriminator.safetensors');
  });

  test('recorded steps give the losses of eager ones', async () => {
    const losses = async (graphs: boolean | (() => GraphCapture)) =>
      (await run(trainerOf({ graphs }), { steps: 8 })).map((report) => report.losses);
    const recorder = () => (isCpu(testDevice) ? new StandInCapture() : new CudaGraphCapture(testDevice));
    expect(await losses(recorder)).toEqual(await losses(false));
  });
});
