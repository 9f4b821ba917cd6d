export {
  type DeepPicture,
  decodePng,
  encodePng,
  type Picture,
  type PictureChannels,
  readPng,
  writePng,
} from '../io/png';
export {
  type EvaluationRow,
  inHole,
  type MetricFacts,
  metricFacts,
  ofCopy,
  ofMean,
  type Protocol,
  readEvaluations,
  sameProtocol,
  type Values,
} from './evaluations';
export { deepPicture, type GridOptions, type ImageBatch, sampleGrid } from './grid';
export { type MetricsLine, MetricsLog } from './metrics-log';
export type { CommandLine } from './page/sections/commands';
export { type ReportOptions, writeReport } from './page/write-report';
export type { OpTime } from './profile-ops';
export type { PhaseTime } from './profile-spans';
export { formatProfile } from './profile-table';
export { createProgress, type Progress, type ProgressOptions, type ProgressReport } from './progress';
export { collapseNote, type Measured, summaryLines } from './summary';
export { EventWriter, type EventWriterOptions } from './tensorboard';
