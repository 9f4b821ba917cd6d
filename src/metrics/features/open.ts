import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ImageDataset } from '../../data/dataset';
import { loadImages } from '../../data/sources';
import { GanError, UsageError } from '../../errors';
import { isTorchScript } from '../../io/program-name';
import { readSafetensors } from '../../io/safetensors';
import { CLASSIFIER_RESOLUTION } from '../../models/classifier';
import { cacheFolder } from '../../native/root';
import { nearest } from '../../nearest';
import { resolveDevice } from '../../tensor/device';
import type { FeatureExtractor } from '../extractor';
import { type ClassifierExtractorOptions, classifierExtractor, keptClassifierExtractor } from './classifier';
import { classifierFrom, isClassifier } from './classifier-cache';
import { canBeClassified } from './classifier-data';
import { forChannels } from './in-channels';
import { INCEPTION_HELP, inceptionExtractor, inceptionFrom, looksLikeInception } from './inception';
import type { ResizeFilter } from './resize-images';
import { scriptExtractor } from './script';

/** Options of {@link openFeatures}. */
export interface OpenFeaturesOptions extends Omit<ClassifierExtractorOptions, 'recipe'> {
  /** The real images: what a classifier is trained on. */
  readonly dataset: ImageDataset;
  /** How the FID network's images become 299×299 (bilinear). */
  readonly filter?: ResizeFilter;
}

const NAMES = ['classifier', 'inception'];
const CLASSIFIER_OF = 'classifier:';
const FORMS = `known are ${NAMES.join(', ')}, classifier:DATASET, inception:FILE, and files *.safetensors, *.pt, *.ts, *.torchscript`;

/**
 * The feature network that `--features` names:
 *
 * - `classifier`: trained on the data set when it is asked for first, see {@link classifierExtractor}
 * - `classifier:digits`: the same of another data set, for images without labels
 * - `inception`: from `features/inception.safetensors` in the user's cache; `inception:FILE` from another file
 * - `FILE.safetensors`: the FID network or a kept classifier, told apart by its tensors
 * - `FILE.pt`, `.ts` or `.torchscript`: a TorchScript file, see {@link scriptExtractor}
 *
 * Images of other channels than the network takes are converted, as its `resize` says.
 *
 * @throws UsageError for an unknown name, and what those throw
 */
export async function openFeatures(
  features: string,
  options: OpenFeaturesOptions,
): Promise<FeatureExtractor> {
  return forChannels(await openNetwork(features, options), options.dataset.spec.channels);
}

async function openNetwork(
  features: string,
  { dataset, filter = 'bilinear', ...options }: OpenFeaturesOptions,
): Promise<FeatureExtractor> {
  const device = resolveDevice(options.device ?? 'cpu');
  if (features === 'classifier') return classifierExtractor(dataset, options);
  if (features.startsWith(CLASSIFIER_OF))
    return classifierExtractor(await otherSet(features.slice(CLASSIFIER_OF.length), options), options);
  if (features === 'inception') return inceptionExtractor(inceptionFile(), { device, filter });
  if (features.startsWith('inception:'))
    return inceptionExtractor(features.slice('inception:'.length), { device, filter });
  if (features.endsWith('.safetensors')) return weightsExtractor(features, { device, filter });
  if (isTorchScript(features)) {
    options.onNote?.(`features are by ${features}: a program in TorchScript, which is run as it is`);
    return scriptExtractor(features, { device, probe: dataset.spec });
  }
  const known = nearest(features, NAMES);
  throw new UsageError(
    `there is no feature network "${features}": ${known ? `did you mean ${known}? ` : ''}${FORMS}`,
  );
}

/**
 * What `--features` is for images of a data set where nobody says: its own classifier, or that of the built-in digits where it has no labels
 * to train one with.
 */
export function usualFeatures(dataset: ImageDataset): string {
  return canBeClassified(dataset) ? 'classifier' : `${CLASSIFIER_OF}digits`;
}

function otherSet(
  name: string,
  { dataDir, onProgress }: Pick<OpenFeaturesOptions, 'dataDir' | 'onProgress'>,
): Promise<ImageDataset> {
  return loadImages(name, {
    resolution: CLASSIFIER_RESOLUTION,
    dataDir,
    progress: onProgress && ((progress) => onProgress({ ...progress, accuracy: null })),
  });
}

/** Where a user's copy of the FID network lies when nobody says otherwise. */
function inceptionFile(): string {
  const file = join(cacheFolder(), 'features', 'inception.safetensors');
  if (existsSync(file)) return file;
  throw new GanError(
    'ERR_CANNOT_READ',
    `the weights of inception are not at ${file}: ${INCEPTION_HELP}, then put it there or give --features FILE`,
  );
}

async function weightsExtractor(
  file: string,
  { device, filter }: { readonly device: string; readonly filter: ResizeFilter },
): Promise<FeatureExtractor> {
  const read = await readSafetensors(file);
  if (looksLikeInception(read)) return inceptionFrom(file, read, { device, filter });
  if (isClassifier(read)) {
    const name = basename(file).replace(/(-[0-9a-f]{16})?\.safetensors$/, '');
    return keptClassifierExtractor(name, classifierFrom(file, read), device);
  }
  const first = Object.keys(read.records).slice(0, 3).join(', ') || 'none';
  throw new GanError(
    'ERR_BAD_FEATURES',
    `${file} (sha256 ${read.sha256}) holds no known feature network: its tensors are ${first}, …; for the FID network ${INCEPTION_HELP}`,
  );
}
