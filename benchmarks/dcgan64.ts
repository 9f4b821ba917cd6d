import { ImageDataset } from '../src/data/dataset';
import { recipes } from '../src/recipes';
import { parseConfig } from '../src/recipes/config';
import { synchronize } from '../src/tensor/device';
import { Trainer } from '../src/training/trainer';

const BATCH = 64;
const WARM_UP = 3;
const STEPS = 12;

async function main(): Promise<void> {
  const device = process.env.DEVICE ?? 'cpu';
  const images = { channels: 3, resolution: 64, classes: 0 };
  const pixels = Uint8Array.from({ length: 256 * 3 * 64 * 64 }, (_, i) => (i * 2654435761) >>> 24);
  const loader = new ImageDataset({ name: 'noise', ...images, pixels }).loader({ batch: BATCH, seed: 1 });
  const { fields, build } = recipes.dcgan;
  const model = build(parseConfig(fields, { set: { width: '64', emaImages: '0' } }), images);
  const trainer = new Trainer({ ...model, device, precision: 'fp32' });
  const run = async (steps: number) => {
    for await (const _ of trainer.fit(loader, { steps, logEvery: 1000 }));
    synchronize(trainer.device);
  };
  await run(WARM_UP);
  const start = performance.now();
  await run(WARM_UP + STEPS);
  const seconds = (performance.now() - start) / 1000;
  console.log(JSON.stringify({ value: (STEPS * BATCH) / seconds, what: 'images/s' }));
}

void main();
