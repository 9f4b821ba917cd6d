import type { DataIdentity } from '../data/identity';
import type { Loader } from '../data/loader';
import { native } from '../native/addon';
import { version } from '../version';
import type { GameWarning } from './earlier-warnings';
import type { EvaluationOptions } from './evaluation-options';
import { latentShape } from './latent';
import { learningRates } from './learning-rates';
import type { CheckpointDescription } from './manifest';
import type { Rollback } from './rollback-record';
import { placeOf } from './stages';
import type { Training } from './training';

/** What is known of a run beside its training and its loader. */
export interface RunRecord {
  readonly settings: Readonly<Record<string, unknown>>;
  /** Why it stays as long as it was begun. */
  readonly fixedLength: string | undefined;
  readonly data: DataIdentity | undefined;
  /** What was changed at its resumes. */
  readonly changes: readonly unknown[];
  readonly rollbacks: readonly Rollback[];
  /** What it warned of, of the first process. */
  readonly warnings: readonly GameWarning[];
  /** What it was started from. */
  readonly init: Readonly<Record<string, unknown>> | undefined;
  readonly evaluation: EvaluationOptions | undefined;
}

/** What a checkpoint's manifest says of a training as it is now. */
export function describeCheckpoint(
  training: Training,
  loader: Loader,
  { data, settings, init, rollbacks }: RunRecord,
): CheckpointDescription {
  const { step, images, precision } = training;
  const stage = placeOf(training);
  const { specs, batchesPerEpoch } = loader;
  return {
    step,
    images,
    ...(stage && { stage }),
    precision: precision?.precision,
    topology: topologyOf(training),
    specs,
    data,
    batchesPerEpoch,
    loader: loader.state(),
    settings,
    ...(init && { init }),
    learningRates: learningRates(training.phases),
    ...(rollbacks.length > 0 && { rollbacks }),
    versions: versions(),
  };
}

/** What `config.json` says of a run. */
export function describeRun(
  training: Training,
  { name, specs, batch }: Loader,
  { settings, fixedLength, data, init, changes, rollbacks, warnings, evaluation }: RunRecord,
) {
  const { device, precision, seed, accumulate, latent, stages, group } = training;
  return {
    settings,
    ...(fixedLength !== undefined && { fixedLength }),
    ...(init && { init }),
    ...(changes.length > 0 && { changes }),
    ...(rollbacks.length > 0 && { rollbacks }),
    ...(warnings.length > 0 && { warnings }),
    ...(evaluation && { evaluation: describeEvaluation(evaluation) }),
    device,
    precision: precision?.precision,
    ...(precision?.times && { passMs: precision.times }),
    seed,
    batch,
    ...(stages && { stages: stages.list }),
    accumulate,
    ...(group.size > 1 && { processes: group.size }),
    dataset: { name, specs, ...(data && { data }) },
    ...(latent && { latentShape: latentShape(latent) }),
    topology: topologyOf(training),
    versions: versions(),
  };
}

/** The networks as they print themselves, by name. */
export function topologyOf({ networks }: Pick<Training, 'networks'>): Record<string, string> {
  return Object.fromEntries(Object.entries(networks).map(([name, network]) => [name, network.toString()]));
}

/** Versions of the library, of LibTorch and of Node. */
export function versions(): Record<string, string> {
  return { 'libtorch-gan': version, libtorch: native().version(), node: process.versions.node };
}

function describeEvaluation(options: EvaluationOptions) {
  const { features, featuresFrom = features?.name, every, metrics, count, bestBy } = options;
  return { every, metrics, count, bestBy, features: featuresFrom, featuresSha256: features?.sha256 };
}
