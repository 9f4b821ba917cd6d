import { UsageError } from '../errors';
import { GrowingNetwork, sideOf } from '../models/growing';
import { type Stage, type Stages, stageAt } from '../training/stages';

/** How a pair of networks grows from 4 × 4 to the size of the images. */
export interface GrowthOptions {
  /** The level of the images, counted from 0. */
  readonly lastLevel: number;
  /** Images that a level is trained on while it fades in, and once it is whole. */
  readonly fadeImages: number;
  readonly stableImages: number;
  /** Images a batch of a level, counted from 0. */
  readonly batchOf: (level: number) => number;
  /** Batches a step (1). */
  readonly accumulate?: number;
}

interface Growth extends Stage {
  readonly level: number;
  /** Steps of a stage that fades in; undefined for a whole level. */
  readonly fades?: number;
}

/** Lowest batch by the rule of halves: minibatch statistics are taken over groups of four. */
const LEAST_BATCH = 4;

/** Up to images of this side a batch is whole; each doubling then halves it. */
const WHOLE_BATCH_SIDE = 16;

/** `--set batches=…`: the rule of halves, or batches by name. */
export const BATCHES = /^(halves|[1-9]\d{0,4}(,[1-9]\d{0,4})*)$/;

/**
 * What `--set batches=…` says: by `halves`, the batch of the training up to 16 × 16 and then half of it for each doubling, 4 at least; or a number for
 * each level from 4 × 4 on, the last one for all that follow.
 *
 * @throws UsageError for more numbers than there are levels
 */
export function batchesOf(
  text: string,
  { batch, lastLevel }: { readonly batch: number; readonly lastLevel: number },
): (level: number) => number {
  if (text === 'halves')
    return (level) => {
      const halved = batch * Math.min(1, WHOLE_BATCH_SIDE / sideOf(level));
      return Math.max(Math.min(batch, LEAST_BATCH), Math.floor(halved));
    };
  const batches = text.split(',').map(Number);
  if (batches.length > lastLevel + 1)
    throw new UsageError(
      `--set batches=${text} has ${batches.length} numbers, but from 4×4 to ${sideOf(lastLevel)}×${sideOf(lastLevel)} there are ${lastLevel + 1} levels: leave some out`,
    );
  return (level) => batches[Math.min(level, batches.length - 1)];
}

/**
 * The stages of progressive growing (Karras et al. 2018): the lowest level whole, then for each level one in which it fades in, with optimizers and
 * averages that begin anew, and one in which it is whole; the last goes on to the end of the training. While a level fades in, alpha goes from 0 to 1 by the steps.
 */
export function growing({
  lastLevel,
  fadeImages,
  stableImages,
  batchOf,
  accumulate = 1,
}: GrowthOptions): Stages {
  const list: Growth[] = [];
  let from = 0;
  for (let level = 0; level <= lastLevel; level++) {
    const batch = batchOf(level);
    const steps = (images: number) => Math.ceil(images / (batch * accumulate));
    const name = `${sideOf(level)}×${sideOf(level)}`;
    if (level > 0) {
      const fades = steps(fadeImages);
      list.push({ name: `${name}, fading in`, from, batch, level, fades, restarts: true });
      from += fades;
    }
    list.push({ name, from, batch, level });
    from += steps(stableImages);
  }
  return {
    list,
    place(networks, index) {
      const { level, fades, from: start } = stageAt(list, index);
      const alpha = fades === undefined ? 1 : (index - start) / fades;
      for (const network of Object.values(networks))
        if (network instanceof GrowingNetwork) network.growTo(level, alpha);
    },
  };
}
