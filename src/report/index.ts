export { type Picture, readPng, writePng } from '../io/png';
export { type GridOptions, type ImageBatch, sampleGrid } from './grid';
export { type MetricsLine, MetricsLog } from './metrics-log';
export { createProgress, type Progress, type ProgressOptions } from './progress';
export { EventWriter, type EventWriterOptions } from './tensorboard';
