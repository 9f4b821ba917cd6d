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
  type Dataset,
  ImageDataset,
  type ImageDatasetOptions,
  type SkippedImage,
} from './dataset';
export type { Fit } from './decoded-form';
export { type NoiseOptions, noisy, shrunk } from './degradations';
export { type Degradation, degraded } from './degraded-dataset';
export { type DigitsOptions, digits } from './digits';
export type { Split } from './folder-split';
export type { DataIdentity, PartIdentity } from './identity';
export { type DecodingOptions, type ImageFolderOptions, imageFolder } from './image-folder';
export type { ImageSize, Resolution } from './image-size';
export type { DataSpecs, ImageShape, ImageSpec } from './image-spec';
export type { Batch, Loader, LoaderOptions, LoaderState } from './loader';
export { type MapOptions, mapLoader } from './map-loader';
export { masked } from './masked';
export { drawMasks, type Holes, type MaskDraws } from './masks';
export { fashionMnist, mnist, type PublishedOptions } from './mnist';
export {
  chosenImages,
  heldOutImages,
  learnedImages,
  type NormalImages,
  normalImages,
  normalMask,
} from './normal-images';
export type { PackOptions } from './pack-options';
export { pairFolder } from './pair-folder';
export { PairedDataset, type PairedDatasetOptions } from './paired-dataset';
export type { PartImages } from './part-images';
export { type Pasted, pasteParts } from './pasted';
export type { PixelReader, PixelSource } from './pixels';
export type { DataProgress, OnDataProgress } from './progress';
export type { Share } from './share';
export {
  type DatasetOptions,
  datasetNames,
  hasTestSplit,
  type LoadedDataset,
  loadDataset,
  loadImages,
} from './sources';
export { UnpairedDataset, type UnpairedDatasetOptions } from './unpaired-dataset';
export { unpairedFolder } from './unpaired-folder';
export { zipLoader } from './zip-loader';
