/**
 * The public face: everything a script or a package imports from `libtorch-gan`.
 *
 * @module libtorch-gan
 */

export type { Pair } from './check';
/** Data sets, loaders, augmentation and degradations: `--dataset` and more. */
export * as data from './data';
export { GanError, hasCode, UsageError } from './errors';
export {
  type ExportedOnnx,
  type ExportOnnxOptions,
  exportOnnx,
  type GraphOptions,
} from './export/export-onnx';
export { exportSafetensors, type WeightsFile } from './export/export-safetensors';
export { type ExportedTorchScript, exportTorchScript } from './export/export-torch-script';
export { type ExportedWeb, type ExportWebOptions, exportWeb } from './export/export-web';
export type { TaskOptions } from './export/model-task';
export type { ExportPrecision } from './export/onnx/builder';
export type { OnnxType, Port } from './export/onnx/proto';
export type { Difference, Parity } from './export/parity';
export type { ScriptExport } from './export/script-file';
export type { PixelForm } from './export/task';
export type { WebFile } from './export/web/write';
export type { JsonObject } from './io/json';
export { readStateDict, type StateDictOptions } from './io/read-state-dict';
export { readSafetensors } from './io/read-tensors';
export type { TensorRecord, TensorRecords } from './io/safetensors';
export { ScriptModule } from './io/script-module';
export { writeSafetensors } from './io/write-tensors';
/** Losses and regularisers: pure functions of logits and tensors. */
export * as losses from './losses';
/** How good images are: features, distances between distributions, comparisons of pairs, bounds on likelihoods. */
export * as metrics from './metrics';
/** The networks of the recipes. */
export * as models from './models';
export { tuneProcess } from './native/addon';
export { TorchError } from './native/torch-error';
export type { DType, MemoryFormat } from './native/types';
/** Layers, initialisers, and what modules are made of. */
export * as nn from './nn';
/** Optimizers, schedules, clipping and averaged weights. */
export * as optim from './optim';
export type { Json, ProcessGroup, Reduction } from './parallel/group';
export { type JoinOptions, joinGroup } from './parallel/join';
export { meanOfAll, sumOfAll } from './parallel/shared-statistics';
export {
  type AugmentationName,
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
  type Preset,
  type Recipe,
  recipes,
  reconstructions,
  type ShownOptions,
  type TrainingLength,
  traversals,
} from './recipes';
/** Pictures, progress, logs and the page of a run. */
export * as report from './report';
export { type Profile, profile } from './report/profile';
/** What an intermediate latent w allows: truncation, mixing, directions, the search for the w of an image. */
export * as style from './style';
export {
  autocast,
  enableGrad,
  type GradOptions,
  grad,
  isGradEnabled,
  noGrad,
  withoutAutocast,
} from './tensor/autograd';
export {
  arange,
  empty,
  eye,
  fromBytes,
  full,
  linspace,
  type NestedBooleans,
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
  type DeviceFacts,
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
/** Operators of tensors that are functions, not methods. */
export * as functional from './tensor/functional';
export { hostReads } from './tensor/host-reads';
export { type CudaMemoryUse, cudaMemory, type MemoryUse, memory } from './tensor/memory';
export type { Operand } from './tensor/pointwise-methods';
export { span } from './tensor/profiler';
export { Generator, getRngState, manualSeed, setRngState } from './tensor/random';
export type { Dims, Indexed, Keepdim } from './tensor/reduction-methods';
export { dispose, inScope, keep, scope } from './tensor/scope';
export { cat, stack } from './tensor/shapes';
export {
  type BackwardOptions,
  type Conversion,
  type NestedNumbers,
  Tensor,
  type TypedArray,
} from './tensor/tensor';
export { type Checkpoint, openCheckpoint, readCheckpoint } from './training/checkpoint';
export type { DivergenceOptions, DivergencePolicy } from './training/divergence-policy';
export type { Norms } from './training/evaluating';
export type { TrainingEvaluation } from './training/evaluation';
export type { EvaluationOptions } from './training/evaluation-options';
export type { FitOptions } from './training/fit-options';
export type { Game, GameProblem, GameScore, Remedies } from './training/game';
export {
  type GeneratedImages,
  type GeneratedOptions,
  generatedImages,
  seededLatents,
} from './training/generated-images';
export type { CapturedGraph, GraphCapture } from './training/graph-capture';
export type { Grid } from './training/grid';
export {
  type Direction,
  ImageSampler,
  type ImageSamplerOptions,
  imageSampler,
  type MaskOptions,
  type TranslateOptions,
} from './training/image-sampler';
export type { Initialisation, InitialisedNetwork, OtherShape } from './training/initialisation';
export { type Initialisable, initialise } from './training/initialise';
export type { DrawOptions, Latent, LatentParts } from './training/latent';
export {
  classRows,
  type LatentGrid,
  type LatentSource,
  sweepLatents,
  type WalkOptions,
  walkLatents,
} from './training/latent-paths';
export { LatentSampler, type LatentSamplerOptions, latentSampler } from './training/latent-sampler';
export type { LearningRates } from './training/learning-rates';
export type { LoadedModel, LoadOptions, ModelBuilder, Preparation } from './training/load';
export type { CheckpointDescription, FileEntry, Precision } from './training/manifest';
export type { Make, MakeSource, Model } from './training/model';
export type { Networks, Phase, Step, Tensors } from './training/phase';
export type { PrecisionChoice, PrecisionTimes } from './training/precision';
export type { Reach } from './training/reach';
export type { Report } from './training/report';
export type { Rollback } from './training/rollback-record';
export type {
  DrawRequest,
  ImagesRequest,
  LatentsRequest,
  RunRequest,
  StylesRequest,
} from './training/run-model';
export type { GridMaker, GridView } from './training/sample-grids';
export type { Sampler } from './training/sampler';
export type { GridSource, SamplerBase } from './training/sampler-base';
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
export { type PrecisionOptions, Trainer } from './training/trainer';
export type { TrainerOptions } from './training/trainer-options';
export {
  copiedImages,
  type ShownImages,
  type TranslatedOptions,
  translatedImages,
} from './training/translated-images';
export type { TruncationOptions } from './training/truncation';
export { readWeights, type Weights } from './training/weights';
export { version } from './version';
