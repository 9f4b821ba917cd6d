export { Ada, type AdaOptions, ada } from './augment/ada';
export type { AdaDraws } from './augment/ada-transforms';
export {
  type Augmentation,
  type DiffAugmentation,
  type DiffAugmentOptions,
  diffAugment,
} from './augment/diff-augment';
export { cifar10 } from './cifar';
export {
  type DataKind,
  type DataSpecs,
  type Dataset,
  ImageDataset,
  type ImageDatasetOptions,
  type ImageShape,
  type ImageSpec,
  type SkippedImage,
} from './dataset';
export type { Fit } from './decode-image';
export { type DigitsOptions, digits } from './digits';
export { type DomainOptions, pairedFolder, unpairedFolder } from './domain-folders';
export { type ImageFolderOptions, imageFolder } from './image-folder';
export { type ImageSize, type Resolution, sizeOf } from './image-size';
export type { Batch, Loader, LoaderOptions, LoaderState } from './loader';
export { type MapOptions, mapLoader } from './map-loader';
export { fashionMnist, mnist, type PublishedOptions } from './mnist';
export { PairedDataset, type PairedDatasetOptions } from './paired';
export type { DataProgress, OnDataProgress } from './progress';
export { type DatasetOptions, datasetNames, hasTestSplit, loadDataset, loadImages } from './sources';
export { UnpairedDataset } from './unpaired';
export { type ZipOptions, zipLoader } from './zip-loader';
