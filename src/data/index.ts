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
  ImageDataset,
  type ImageDatasetOptions,
  type ImageSpec,
  type SkippedImage,
} from './dataset';
export { type DigitsOptions, digits } from './digits';
export { type ImageFolderOptions, imageFolder } from './image-folder';
export type { Batch, Loader, LoaderOptions, LoaderState } from './loader';
export { fashionMnist, mnist, type PublishedOptions } from './mnist';
export type { DataProgress, OnDataProgress } from './progress';
export { type DatasetOptions, datasetNames, loadDataset } from './sources';
