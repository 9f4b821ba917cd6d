import { manualSeed } from '../../src/tensor/random';
import type { FitOptions } from '../../src/training/fit-options';
import { tinyExtractor } from '../support/extractor';
import { tinyTrainer } from '../support/tiny-trainer';
import { reportsOf, tinyDataset, tinyLoader } from '../support/training';

/** How a training of some milliseconds differs from the usual. */
export type TinyRun = Pick<FitOptions, 'steps' | 'resume' | 'keep'>;

/**
 * Trains two tiny networks, with all that a training writes into its folder: each second step a checkpoint, a sample grid and an
 * evaluation that may be the best, in each a line of the log.
 *
 * @returns what it told of its own accord
 */
export async function trainTiny(out: string, { steps, resume, keep = 1 }: TinyRun): Promise<string[]> {
  // From these weights the FID falls with each evaluation.
  manualSeed(7);
  const trainer = tinyTrainer(undefined, { ema: { generator: { halfLifeImages: 100 } } });
  const loader = tinyLoader();
  const features = tinyExtractor();
  const every = { logEvery: 1, checkpointEvery: 2, sampleEvery: 2, sampleCount: 4 };
  const evaluation = { real: tinyDataset(), features, every: 2, count: 40, metrics: ['fid'] as const };
  try {
    const reports = await reportsOf(
      trainer.fit(loader, { steps, resume, out, keep, ...every, evaluation, settings: { recipe: 'tiny' } }),
    );
    return reports.flatMap(({ notes }) => notes);
  } finally {
    features.dispose();
    loader.dispose();
    trainer.dispose();
  }
}
