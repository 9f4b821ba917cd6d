export { type DeepPicture, type Picture, readPng, writePng } from '../io/png';
export {
  type EvaluationRow,
  inHole,
  metricFacts,
  ofCopy,
  ofMean,
  type Protocol,
  readEvaluations,
  sameProtocol,
} from './evaluations';
export { deepPicture, type GridOptions, type ImageBatch, sampleGrid } from './grid';
export { type MetricsLine, MetricsLog } from './metrics-log';
export { type ReportOptions, writeReport } from './page/write-report';
export type { OpTime } from './profile-ops';
export type { PhaseTime } from './profile-spans';
export { formatProfile } from './profile-table';
export { createProgress, type Progress, type ProgressOptions } from './progress';
export { collapseNote, summaryLines } from './summary';
export { EventWriter, type EventWriterOptions } from './tensorboard';
