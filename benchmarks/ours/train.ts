import { cudaMemory, manualSeed, models, type nn, synchronize, Trainer } from '../../src';
import type { ByNetwork, Measured, TrainTask } from '../task';
import { timeSteps } from './clock';
import { buildModel, sizesOf } from './model';
import { noiseCount, noiseFor } from './noise';

/** A loss is read as seldom as the official DCGAN example prints it. */
const LOG_EVERY = 50;

/** Trains a recipe with the trainer, as `scripts/train.ts` does, on images of noise. */
export async function train(task: TrainTask): Promise<Measured> {
  manualSeed(1);
  const trainer = new Trainer({ ...buildModel(task), device: task.device, precision: task.precision });
  const loader = noiseFor(task, noiseCount(task.batch)).loader({ batch: task.batch, seed: 1 });
  const run = async (steps: number) => {
    for await (const _ of trainer.fit(loader, { steps: trainer.step + steps, logEvery: LOG_EVERY }));
    synchronize(trainer.device);
  };
  const parameters = sizesOf(trainer.networks);
  const learning = Object.keys(parameters).map((name) => [name, trainer.networks[name]] as const);
  const passes = await countPasses(learning, { batch: task.batch, body: () => run(1) });
  const { steps, seconds } = await timeSteps(run, { ...task, warmUp: task.warmUp - 1 });
  const peakMemory =
    trainer.device === 'cpu' ? process.resourceUsage().maxRSS * 1024 : cudaMemory(trainer.device).peak;
  loader.dispose();
  trainer.dispose();
  const imagesPerSecond = (steps * task.batch) / seconds;
  return { figures: { imagesPerSecond, stepMs: (seconds / steps) * 1000, peakMemory }, parameters, passes };
}

/** Batches of images that go through each network while `body` runs. */
async function countPasses(
  networks: readonly (readonly [string, nn.Module])[],
  { batch, body }: { readonly batch: number; readonly body: () => Promise<void> },
): Promise<ByNetwork> {
  const passes: Record<string, number> = {};
  const undo = networks.map(([name, network]) => {
    const entered = entranceOf(network);
    const { forward } = entered;
    passes[name] = 0;
    entered.forward = (...inputs) => {
      passes[name] += inputs[0].shape[0] / batch;
      return forward(...inputs);
    };
    return () => {
      entered.forward = forward;
    };
  });
  await body();
  for (const restore of undo) restore();
  return passes;
}

/** What a batch passes on its way through a network: a VAE's losses take what its body gives, and not images. */
function entranceOf(network: nn.Module): nn.Module {
  const isPart = network instanceof models.VaeEncoder || network instanceof models.VaeDecoder;
  return isPart ? network.body : network;
}
