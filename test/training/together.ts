import { nonSaturating } from '../../src/losses/adversarial';
import { dcganDiscriminator } from '../../src/models/dcgan';
import { leakyRelu, tanh } from '../../src/nn/activation';
import { convTranspose2d } from '../../src/nn/conv';
import { sequential } from '../../src/nn/sequential';
import { adam } from '../../src/optim/adam';
import { alone, type ProcessGroup } from '../../src/parallel/group';
import { joinGroup } from '../../src/parallel/join';
import { recipes } from '../../src/recipes';
import { Generator, manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';
import type { Model } from '../../src/training/model';
import type { Phase, Step } from '../../src/training/phase';
import { Trainer } from '../../src/training/trainer';
import { reportCase } from '../support/ranks';
import { StandInCapture } from '../support/stand-in-capture';
import { buildModel, tinyDataset } from '../support/training';
import { resumed } from './together-resumed';

/** How 64 images a step are learned: at once, in two parts by one process, or by two. */
type Way = 'whole' | 'parts' | 'ranks';

const STEPS = 20;
/** So that ADA, which forgets what it has counted every 4 batches, has counted 3. */
const ADA_STEPS = 19;
const BATCH = 64;

/** What a training reports. */
export interface Together {
  /** Of each step, in the order of the phases. */
  readonly losses: readonly (readonly number[])[];
  /** Of each network, all parameters in a row. */
  readonly weights: Readonly<Record<string, readonly number[]>>;
  /** What networks keep of batches, but for what normalisations do: those are averaged at checkpoints. */
  readonly kept: Readonly<Record<string, readonly number[]>>;
}

/** Draws latents of each half of a batch from a seed of its own, whoever asks for which half. */
class HalvesTrainer extends Trainer {
  #calls = 0;
  way: Way = 'whole';

  override drawLatents(count: number, generator: Generator): Tensor {
    if (generator !== this.random) return super.drawLatents(count, generator);
    const call = this.#calls++;
    if (this.way === 'ranks') return this.#half(count, { call, half: this.group.rank });
    if (this.way === 'parts') return this.#half(count, { call: call >> 1, half: call % 2 });
    return scope(() => cat([0, 1].map((half) => this.#half(count / 2, { call, half }))));
  }

  #half(count: number, { call, half }: { readonly call: number; readonly half: number }): Tensor {
    const own = new Generator({ device: 'cpu', seed: 2 * call + half });
    const drawn = super.drawLatents(count, own);
    own.dispose();
    return drawn;
  }
}

/**
 * Losses draw noise, mixing and places between images from the default generator: each begins with a seed of the step, of the phase's run in it,
 * and of the half of the batch.
 */
function seeded(phase: Phase, { way, rank }: { readonly way: Way; readonly rank: number }): Phase {
  let [at, runs] = [-1, 0];
  return {
    ...phase,
    loss(step: Step) {
      if (step.index !== at) [at, runs] = [step.index, 0];
      const [run, half] = way === 'parts' ? [runs >> 1, runs % 2] : [runs, rank];
      runs++;
      manualSeed(1000 * step.index + 2 * run + half);
      return phase.loss(step);
    },
  };
}

/** DCGAN's discriminator, and a generator like DCGAN's, both without norms. */
function normless(): Pick<Model, 'networks' | 'latent' | 'makes' | 'phases'> {
  const loss = nonSaturating();
  const images = { channels: 1, height: 16, width: 16 };
  const up = { kernelSize: 4, stride: 2, padding: 1 };
  const optimizer = () => adam({ lr: 2e-4, betas: [0.5, 0.999] });
  return {
    networks: {
      generator: sequential(
        convTranspose2d(8, 16, { kernelSize: 4 }),
        leakyRelu(0.2),
        convTranspose2d(16, 8, up),
        leakyRelu(0.2),
        convTranspose2d(8, 1, up),
        tanh(),
      ),
      discriminator: dcganDiscriminator({ images, width: 8, norm: 'none' }),
    },
    latent: { shape: [8, 1, 1] },
    makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
    phases: [
      {
        name: 'D',
        trains: 'discriminator',
        optimizer: optimizer(),
        clipGradNorm: 1,
        loss: ({ batch, made, networks: { discriminator: D } }) =>
          loss.discriminator(D.forward(batch.images), D.forward(made.fake)),
      },
      {
        name: 'G',
        trains: 'generator',
        optimizer: optimizer(),
        loss: ({ made, networks: { discriminator: D } }) => loss.generator(D.forward(made.fake)),
      },
    ],
  };
}

function style(pathDecay: string, more: Readonly<Record<string, string>> = {}) {
  return {
    side: 32,
    build: () =>
      buildModel(recipes.stylegan2, {
        set: {
          ...{ latentSize: '8', width: '1', maxWidth: '4', mapping: '2', emaImages: '40' },
          ...{ gammaEvery: '3', pathEvery: '3', pathDecay, groupSize: '4' },
          ...more,
        },
        resolution: 32,
      }),
  };
}

/** A model to train, and whether its batch norms are those of all ranks. */
interface Tried {
  readonly side: number;
  readonly syncs?: boolean;
  build(): Model;
}

const MODELS: Readonly<Record<string, Tried>> = {
  normless: {
    side: 16,
    build() {
      manualSeed(11);
      return normless();
    },
  },
  'wgan-gp': {
    side: 16,
    build: () =>
      buildModel(recipes['wgan-gp'], { set: { width: '4', latentSize: '8', critic: '2' }, resolution: 16 }),
  },
  dcgan: {
    side: 16,
    syncs: true,
    build: () => buildModel(recipes.dcgan, { set: { width: '8', latentSize: '8' }, resolution: 16 }),
  },
  // Two parts would move the mean of path lengths twice.
  stylegan2: style('0'),
  'stylegan2 with ADA': style('0.01', { augment: 'ada' }),
};

/** Trains a model, with the group of all or alone. */
async function train(name: string, way: Way, group: ProcessGroup): Promise<Together> {
  const { side, syncs = false, build } = MODELS[name];
  const model = build();
  const accumulate = way === 'parts' ? 2 : 1;
  const phases = model.phases.map((phase) => seeded(phase, { way, rank: group.rank }));
  const trainer = new HalvesTrainer({
    ...model,
    phases,
    device: 'cpu',
    precision: 'fp32',
    accumulate,
    group,
    syncBatchNorm: syncs && way === 'ranks',
    // What waits for others in the middle of a layer is captured and replayed as all else is.
    graphs: syncs && way === 'ranks' ? () => new StandInCapture() : false,
  });
  trainer.way = way;
  const loader = tinyDataset({ count: 192, resolution: side }).loader({ batch: BATCH / accumulate, seed: 3 });
  const losses: number[][] = [];
  const steps = 'ada' in trainer.networks ? ADA_STEPS : STEPS;
  for await (const report of trainer.fit(loader, { steps, logEvery: 1 }))
    losses.push(Object.values(report.losses));
  const weights = Object.fromEntries(
    Object.entries(trainer.networks).map(([network, module]) => [
      network,
      module.parameters().flatMap((parameter) => Array.from(parameter.detach().toTypedArray(), Number)),
    ]),
  );
  const kept = Object.entries(trainer.networks).flatMap(([network, module]) =>
    module
      .namedBuffers()
      .filter(([path]) => !path.includes('running_'))
      .map(([path, buffer]) => [`${network}.${path}`, Array.from(buffer.toTypedArray(), Number)]),
  );
  loader.dispose();
  trainer.dispose();
  return { losses, weights, kept: Object.fromEntries(kept) };
}

/** `together.ts MODEL=WAY,… REPORT`, or `resumed=FOLDER` for a run that goes on. */
async function main(asked: string, report: string): Promise<void> {
  const cases = asked.split(',').map((each) => each.split('='));
  const group = cases.some(([, way]) => way !== 'whole' && way !== 'parts')
    ? joinGroup({ device: 'cpu' })
    : alone;
  for (const [name, way] of cases) {
    const found = name === 'resumed' ? await resumed(way, group) : await train(name, way as Way, group);
    reportCase(report, group.rank, name, found);
  }
  group.close();
}

const [asked, report] = process.argv.slice(2);
void main(asked, report);
