/** The public face: everything a script or a package imports from `libtorch-gan`. */
export * as data from './data';
export { GanError, hasCode, UsageError } from './errors';
export { ScriptModule } from './io/script-module';
export * as losses from './losses';
export * as metrics from './metrics';
export * as models from './models';
export { type DType, type MemoryFormat, tuneProcess } from './native/addon';
export { TorchError } from './native/torch-error';
export * as nn from './nn';
export * as optim from './optim';
export {
  type AdversarialOptions,
  adversarialLoss,
  adversarialLosses,
  adversarialPhases,
  field,
  type Recipe,
  recipes,
  reconstructions,
  type TrainingLength,
  traversals,
} from './recipes';
export * as report from './report';
export { type Profile, profile } from './report/profile';
export { autocast, enableGrad, grad, isGradEnabled, noGrad, withoutAutocast } from './tensor/autograd';
export {
  arange,
  empty,
  eye,
  fromBytes,
  full,
  linspace,
  ones,
  onesLike,
  type RandomOptions,
  rand,
  randint,
  randn,
  randperm,
  type TensorData,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from './tensor/create';
export {
  defaultDevice,
  deviceFacts,
  resolveDevice,
  setDefaultDevice,
  setDeterministic,
  setKernels,
  setTf32,
  setThreads,
  synchronize,
} from './tensor/device';
export * as functional from './tensor/functional';
export { hostReads } from './tensor/host-reads';
export { cudaMemory, type MemoryUse, memory } from './tensor/memory';
export { span } from './tensor/profiler';
export { Generator, getRngState, manualSeed, setRngState } from './tensor/random';
export { dispose, inScope, keep, scope } from './tensor/scope';
export { cat, stack } from './tensor/shapes';
export { Tensor, type TypedArray } from './tensor/tensor';
export { type Checkpoint, openCheckpoint, readCheckpoint } from './training/checkpoint';
export type { EvaluationOptions, TrainingEvaluation } from './training/evaluation';
export {
  type GenerateOptions,
  type LoadedGenerator,
  type LoadOptions,
  loadGenerator,
  type ModelBuilder,
} from './training/generate';
export type { Grid, GridMaker, GridView } from './training/grids';
export type { Latent, LatentParts } from './training/latent';
export { classRows, type LatentGrid, sweepLatents, walkLatents } from './training/latent-paths';
export type { Networks, Phase, Step } from './training/phase';
export type { PrecisionChoice } from './training/precision';
export type { FitOptions } from './training/session';
export type { ProfileOptions } from './training/step-profile';
export { type Model, type Report, Trainer, type TrainerOptions } from './training/trainer';
export { version } from './version';
