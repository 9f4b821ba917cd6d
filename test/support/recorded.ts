import type { Loader } from '../../src/data/loader';
import { adam } from '../../src/optim/adam';
import { mlp } from '../../src/recipes/mlp';
import { isCpu } from '../../src/tensor/device';
import { CudaGraphCapture, type GraphCapture } from '../../src/training/graph-capture';
import { latentSampler } from '../../src/training/latent-sampler';
import type { Model } from '../../src/training/model';
import type { Phase, Step } from '../../src/training/phase';
import type { Report } from '../../src/training/report';
import { Trainer } from '../../src/training/trainer';
import { testDevice } from './fixtures';
import { StandInCapture } from './stand-in-capture';
import { tinyNetworks } from './tiny-trainer';
import { buildModel, reportsOf, tinyLoader } from './training';

export type Networks = ReturnType<typeof tinyNetworks>;

/** A learning rate that float32 does not have exactly: a recorded step must still work with that of a plain one. */
export const LR = 1e-3;

export const captures = () => (isCpu(testDevice) ? new StandInCapture() : new CudaGraphCapture(testDevice));

/** A trainer that captures graphs, or runs the same without. */
export function trainerOf(model: Model, graphs: boolean | (() => GraphCapture)): Trainer {
  const exact = { precision: 'fp32', deterministic: !isCpu(testDevice) } as const;
  return new Trainer({ ...model, ...exact, device: testDevice, seed: 5, graphs });
}

export async function run(
  trainer: Trainer,
  {
    steps,
    loader = tinyLoader(),
    ...rest
  }: { steps: number; loader?: Loader; out?: string; resume?: boolean },
): Promise<Report[]> {
  try {
    return await reportsOf(trainer.fit(loader, { logEvery: 1, ...rest, steps }));
  } finally {
    loader.dispose();
  }
}

export const losses = (reports: readonly Report[]) => reports.map((report) => report.losses);

/** Losses of a model with and without graphs, and how many there were. */
export async function bothWays(build: () => Model, steps: number, loader: () => Loader = tinyLoader) {
  const eager = trainerOf(build(), false);
  const expected = losses(await run(eager, { steps, loader: loader() }));
  eager.dispose();
  const capturing = trainerOf(build(), captures);
  const reports = await run(capturing, { steps, loader: loader() });
  const recorded = capturing.graphs;
  capturing.dispose();
  return { expected, found: losses(reports), recorded, notes: reports.flatMap(({ notes }) => notes) };
}

/** A model of one or more phases over the tiny networks. */
export function tinyModel(...phases: Partial<Phase<Networks>>[]): () => Model {
  return () => {
    const model = buildModel(mlp);
    for (const network of Object.values(model.networks)) network.dispose();
    const networks = tinyNetworks();
    const whole = phases.map((phase, i) => ({
      name: `P${i}`,
      trains: 'discriminator' as const,
      optimizer: adam({ lr: LR }),
      loss: ({ batch: { images: real }, made: { fake }, networks: { discriminator: D } }: Step<Networks>) =>
        D.forward(real).mean().sub(D.forward(fake).mean()).square(),
      ...phase,
    }));
    const latent = { size: 4 };
    return {
      networks,
      latent,
      makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
      sampler: latentSampler({ by: 'generator', latent }),
      phases: whole as unknown[] as Phase[],
    };
  };
}
