import { dispose, synchronize } from '../../src';
import type { DataTask, Measured } from '../task';
import { timeSteps } from './clock';
import { noise } from './noise';

/** As many images as MNIST has: an epoch must not be over at once. */
const IMAGES = 60_000;

/** Images a second of the loader with nobody who trains: shuffled, gathered, as float32 in [−1, 1] on the device. */
export async function data(task: DataTask): Promise<Measured> {
  const { device, batch, resident, channels, resolution } = task;
  const images = noise({ channels, height: resolution, width: resolution }, IMAGES);
  const loader = images.loader({ batch, seed: 1, device, resident });
  const run = async (steps: number) => {
    for (let i = 0; i < steps; i++) dispose(await loader.next());
    synchronize(device);
  };
  const { steps, seconds } = await timeSteps(run, task);
  loader.dispose();
  return { figures: { imagesPerSecond: (steps * batch) / seconds } };
}
