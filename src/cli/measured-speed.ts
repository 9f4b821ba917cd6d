import { randomFillSync } from 'node:crypto';
import { type Dataset, ImageDataset } from '../data/dataset';
import type { ImageSize } from '../data/image-size';
import { PairedDataset } from '../data/paired-dataset';
import type { DataSurvey } from '../data/survey';
import { UnpairedDataset } from '../data/unpaired-dataset';
import type { Proposal } from '../recipes/advice';
import { presetConfig } from '../recipes/preset';
import { boundThreads, isCpu } from '../tensor/device';
import { manualSeed } from '../tensor/random';
import { knownPrecision } from '../training/known-precision';
import type { Precision } from '../training/manifest';
import { Trainer } from '../training/trainer';

/** How fast steps of a training were. */
export interface MeasuredSpeed {
  readonly secondsPerStep: number;
  /** Steps that were measured. */
  readonly steps: number;
  readonly precision: Precision;
}

/** Steps before the clock starts: on a GPU kernels are searched for and graphs captured in them. */
const WARM_UP = { cpu: 2, cuda: 12 } as const;

/** The clock stops after the step in which the first of the two is reached, but no earlier than the second step. */
const [SECONDS, MOST_STEPS] = [3, 64] as const;

/**
 * Times steps of a proposed training on noise of the data's shape. Nothing is written, no precision is measured or remembered, and the
 * weights are released.
 */
export async function measureSpeed(
  { recipe, size, batch, set }: Proposal,
  { data, device }: { readonly data: DataSurvey; readonly device: string },
): Promise<MeasuredSpeed> {
  boundThreads(device);
  const loader = noise(data, { size, count: 2 * batch }).loader({ batch, seed: 0 });
  const { config } = presetConfig(recipe, { set, usual: recipe.defaultsOn?.(device), size });
  const warmUp = isCpu(device) ? WARM_UP.cpu : WARM_UP.cuda;
  const most = warmUp + MOST_STEPS;
  manualSeed(0);
  const model = recipe.build(config, loader.specs, { steps: most, batch });
  const precision = knownPrecision(device)?.precision ?? 'fp32';
  const trainer = new Trainer({ ...model, device, precision });
  try {
    let began = 0;
    for await (const { step } of trainer.fit(loader, { steps: most, logEvery: 1 })) {
      const now = performance.now();
      if (step === warmUp) began = now;
      const [steps, seconds] = [step - warmUp, (now - began) / 1_000];
      if (steps >= 2 && (seconds >= SECONDS || step === most))
        return { secondsPerStep: seconds / steps, steps, precision };
    }
    throw new Error('the training ended before the clock');
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

/** Images of random bytes in the place of those of a data set. */
function noise(
  { kind, grey, classes, channels = grey ? 1 : 3 }: DataSurvey,
  { size, count }: { readonly size: ImageSize; readonly count: number },
): Dataset {
  const bytes = (planes: number) => randomFillSync(new Uint8Array(count * planes * size.height * size.width));
  const name = 'noise';
  if (kind === 'pairs')
    return new PairedDataset({
      name,
      ...size,
      channels: { a: channels, b: channels },
      pixels: bytes(2 * channels),
    });
  const images = () =>
    new ImageDataset({
      name,
      channels,
      ...size,
      pixels: bytes(channels),
      ...(classes.length > 0 && {
        labels: Array.from({ length: count }, (_, i) => i % classes.length),
        classNames: classes.map((each) => each.name),
      }),
    });
  return kind === 'unpaired' ? new UnpairedDataset({ name, a: images(), b: images() }) : images();
}
