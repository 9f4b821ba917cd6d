import { autocast, manualSeed, noGrad, randn, scope, synchronize, type Tensor } from '../../src';
import type { Measured, SampleTask } from '../task';
import { timeSteps } from './clock';
import { buildModel, sizesOf } from './model';

/** Images a second of a generator in evaluation mode, with a new batch of latents each time. */
export async function sample(task: SampleTask): Promise<Measured> {
  manualSeed(1);
  const { networks } = buildModel(task);
  const { generator } = networks;
  generator.to({ device: task.device, memoryFormat: 'channels_last' }).eval();
  const { device } = task;
  const forward = (latents: Tensor) =>
    task.precision === 'bf16'
      ? autocast({ device }, () => generator.forward(latents))
      : generator.forward(latents);
  const shape = task.model === 'dcgan' ? [task.latentSize, 1, 1] : [task.latentSize];
  const run = (steps: number) => {
    for (let i = 0; i < steps; i++)
      scope(() => noGrad(() => void forward(randn([task.batch, ...shape], { device })).float()));
    synchronize(device);
  };
  const { steps, seconds } = await timeSteps(run, task);
  const parameters = sizesOf(networks);
  for (const network of Object.values(networks)) network.dispose();
  return {
    figures: { imagesPerSecond: (steps * task.batch) / seconds },
    parameters,
    passes: { generator: 1, discriminator: 0 },
  };
}
