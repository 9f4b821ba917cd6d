/** The public face: everything a script or a package imports from `libtorch-gan`. */
export * as data from './data';
export { GanError, hasCode, UsageError } from './errors';
export { readStateDict, type StateDictOptions } from './io/read-state-dict';
export { readSafetensors } from './io/read-tensors';
export { ScriptModule } from './io/script-module';
export * as losses from './losses';
export * as metrics from './metrics';
export * as models from './models';
export { tuneProcess } from './native/addon';
export { TorchError } from './native/torch-error';
export type { DType, MemoryFormat } from './native/types';
export * as nn from './nn';
export * as optim from './optim';
export type { ProcessGroup } from './parallel/group';
export { type JoinOptions, joinGroup } from './parallel/join';
export { meanOfAll, sumOfAll } from './parallel/shared-statistics';
export {
  adversarialLoss,
  adversarialLosses,
  field,
  type GanConfig,
  type GanOptions,
  type GanParts,
  gan,
  load,
  type OpenOptions,
  type Penalty,
  type Recipe,
  recipes,
  reconstructions,
  type TrainingLength,
  traversals,
} from './recipes';
export * as report from './report';
export { type Profile, profile } from './report/profile';
export * as style from './style';
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
  poisson,
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
export type { DivergenceOptions, DivergencePolicy } from './training/divergence-policy';
export type { Norms } from './training/evaluating';
export type { TrainingEvaluation } from './training/evaluation';
export type { EvaluationOptions } from './training/evaluation-options';
export type { FitOptions } from './training/fit-options';
export { type GeneratedImages, type GeneratedOptions, generatedImages } from './training/generated-images';
export type { Grid } from './training/grid';
export { type Direction, ImageSampler, imageSampler } from './training/image-sampler';
export type { Initialisation, InitialisedNetwork } from './training/initialisation';
export { type Initialisable, initialise } from './training/initialise';
export type { Latent, LatentParts } from './training/latent';
export { classRows, type LatentGrid, sweepLatents, walkLatents } from './training/latent-paths';
export { LatentSampler, latentSampler } from './training/latent-sampler';
export type { LoadedModel, LoadOptions, ModelBuilder } from './training/load';
export type { Make, MakeSource, Model } from './training/model';
export type { Networks, Phase, Step, Tensors } from './training/phase';
export type { PrecisionChoice } from './training/precision';
export type { Reach } from './training/reach';
export type { Report } from './training/report';
export type { RunRequest } from './training/run-model';
export type { GridMaker, GridView } from './training/sample-grids';
export type { Sampler } from './training/sampler';
export {
  type Scored,
  type ScoreOptions,
  type Scorer,
  type ScoringOptions,
  scoreImages,
} from './training/scorer';
export type { Stage, StagePlace, Stages } from './training/stages';
export type { ProfileOptions } from './training/step-profile';
export {
  type MixedImages,
  type MixOptions,
  mixingStyles,
  type StyledModel,
  type StyleGrid,
  type StyleRequest,
  seededStatistics,
  seededStyles,
  walkStyles,
} from './training/style-paths';
export type { TileOptions } from './training/tile-plan';
export { Trainer, type TrainerOptions } from './training/trainer';
export {
  copiedImages,
  type ShownImages,
  type TranslatedOptions,
  translatedImages,
} from './training/translated-images';
export type { TruncationOptions } from './training/truncation';
export { readWeights, type Weights } from './training/weights';
export { version } from './version';
