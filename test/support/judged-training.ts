import type { FeatureExtractor } from '../../src/metrics/extractor';
import { dcgan } from '../../src/recipes/dcgan';
import type { EvaluationOptions } from '../../src/training/evaluation-options';
import { Trainer } from '../../src/training/trainer';
import { tinyExtractor } from './extractor';
import { testDevice } from './fixtures';
import { buildModel, reportsOf, tinyDataset, tinyLoader } from './training';

/** How a small run is trained and judged. */
export interface JudgedRun {
  readonly steps?: number;
  readonly resume?: boolean;
  readonly resumeStep?: number;
  readonly evaluation?: Partial<EvaluationOptions>;
  readonly features?: FeatureExtractor;
  /** Checkpoints that are kept (3). */
  readonly keep?: number;
}

const SETTINGS = {
  recipe: 'dcgan',
  dataset: 'tiny',
  set: {
    latentSize: 8,
    width: 4,
    lr: 2e-4,
    beta1: 0.5,
    beta2: 0.9,
    emaImages: 100,
    loss: 'hinge',
    labelSmoothing: 0,
  },
};

/** Trains a tiny DCGAN, six steps by default with a checkpoint and an evaluation in every second one; gives its reports. */
export async function trainJudged(
  out: string,
  { steps = 6, resume, resumeStep, evaluation, features = tinyExtractor(), keep }: JudgedRun,
) {
  const model = buildModel(dcgan, { set: { width: '4', latentSize: '8', emaImages: '100' } });
  const trainer = new Trainer({ ...model, device: testDevice, precision: 'fp32', seed: 5 });
  const loader = tinyLoader();
  try {
    return await reportsOf(
      trainer.fit(loader, {
        steps,
        out,
        resume,
        resumeStep,
        checkpointEvery: 2,
        keep,
        logEvery: 1,
        sampleEvery: 100,
        settings: SETTINGS,
        evaluation: evaluation && { real: tinyDataset(), features, every: 2, count: 40, ...evaluation },
      }),
    );
  } finally {
    features.dispose();
    loader.dispose();
    trainer.dispose();
  }
}
