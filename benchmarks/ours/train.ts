import { cudaMemory, data, manualSeed, type nn, recipes, synchronize, Trainer } from '../../src';
import { parseConfig } from '../../src/recipes/config';
import type { Measured, Passes, TrainTask } from '../task';
import { timeSteps } from './clock';

/** Images of the data set: noise, the same in every participant. */
export const IMAGES = 512;

/** A loss is read as seldom as the official DCGAN example prints it. */
const LOG_EVERY = 50;

/** Trains a recipe with the trainer, as `scripts/train.ts` does, on images of noise. */
export async function train(task: TrainTask): Promise<Measured> {
  manualSeed(1);
  const trainer = new Trainer({ ...buildModel(task), device: task.device, precision: task.precision });
  const loader = noise(task).loader({ batch: task.batch, seed: 1 });
  const run = async (steps: number) => {
    for await (const _ of trainer.fit(loader, { steps: trainer.step + steps, logEvery: LOG_EVERY }));
    synchronize(trainer.device);
  };
  const passes = await countPasses(trainer.networks, { batch: task.batch, body: () => run(1) });
  const { steps, seconds } = await timeSteps(run, { ...task, warmUp: task.warmUp - 1 });
  const peakMemory =
    trainer.device === 'cpu' ? process.resourceUsage().maxRSS * 1024 : cudaMemory(trainer.device).peak;
  const { generator, discriminator } = trainer.networks;
  const parameters = { generator: size(generator), discriminator: size(discriminator) };
  loader.dispose();
  trainer.dispose();
  const imagesPerSecond = (steps * task.batch) / seconds;
  return { figures: { imagesPerSecond, stepMs: (seconds / steps) * 1000, peakMemory }, parameters, passes };
}

/** A recipe's networks and phases; no averaged weights, which PyTorch's example does not have. */
export function buildModel({
  model,
  channels,
  resolution,
  width,
  latentSize,
}: Pick<TrainTask, 'model' | 'channels' | 'resolution' | 'width' | 'latentSize'>) {
  const { fields, build } = recipes[model];
  const set: Record<string, string> = { latentSize: String(latentSize), emaImages: '0' };
  if (model === 'dcgan') set.width = String(width);
  return build(parseConfig(fields, { set }), { channels, resolution, classes: 0 });
}

/** Images of evenly spread bytes. */
export function noise(
  { channels, resolution }: Pick<TrainTask, 'channels' | 'resolution'>,
  count = IMAGES,
): data.ImageDataset {
  const pixels = new Uint8Array(count * channels * resolution ** 2);
  const { imul } = Math;
  for (let i = 0; i < pixels.length; i++) pixels[i] = imul(i, 2654435761) >>> 24;
  return new data.ImageDataset({ name: 'noise', channels, resolution, pixels });
}

/** Trainable parameters of a network. */
export function size(network: nn.Module): number {
  return network.parameters().reduce((sum, tensor) => sum + tensor.numel, 0);
}

/** Batches of images that go through both networks while `body` runs. */
async function countPasses(
  networks: Readonly<Record<string, nn.Module>>,
  { batch, body }: { readonly batch: number; readonly body: () => Promise<void> },
): Promise<Passes> {
  const passes = { generator: 0, discriminator: 0 };
  const undo = (['generator', 'discriminator'] as const).map((name) => {
    const network = networks[name];
    const { forward } = network;
    network.forward = (...inputs) => {
      passes[name] += inputs[0].shape[0] / batch;
      return forward(...inputs);
    };
    return () => {
      network.forward = forward;
    };
  });
  await body();
  for (const restore of undo) restore();
  return passes;
}
