import type { ImageShape } from '../../data/dataset';
import { sizeOf } from '../../data/image-size';
import { GanError } from '../../errors';
import type { Module } from '../../nn/module';
import { noGrad, withoutAutocast } from '../../tensor/autograd';
import { linspace } from '../../tensor/create';
import { resolveDevice } from '../../tensor/device';
import { scope } from '../../tensor/scope';
import type { Tensor } from '../../tensor/tensor';
import type { Extracted, FeatureExtractor } from '../extractor';
import { nearestChannels } from './in-channels';
import { channelsOf, formWords, type InputForm, prepareImages, requireForm } from './input';
import { untouchedRandom } from './random';
import { stateSha256 } from './state-hash';

/** What an extractor is made of: a network's way from prepared images to features, and what is known of it. */
export interface NetworkFeatures {
  readonly name: string;
  readonly sha256: string;
  readonly device: string;
  readonly form: InputForm;
  /** In words, where it is not the form's: a network that resizes inside. */
  readonly resize?: string;
  /** Images that it is tried with when it is made, in channels that it takes. */
  readonly probe: ImageShape;
  readonly compute: (images: Tensor) => Extracted;
  /** Feature maps, where it has some to give: null where it turns out not to. */
  readonly maps?: (images: Tensor) => readonly Tensor[] | null;
  readonly dispose: () => void;
}

/**
 * An extractor over any network. It is tried once with an image from black to white, to know the lengths of what comes.
 *
 * @throws GanError `ERR_BAD_FEATURES` when something else than features float32 [N, d] comes, and what the network throws
 */
export function networkExtractor(network: NetworkFeatures): FeatureExtractor {
  const { name, sha256, device, form, compute, dispose } = network;
  const atRest = <T>(images: Tensor, body: (prepared: Tensor) => T): T =>
    scope(() =>
      noGrad(() => withoutAutocast(device, () => body(prepareImages(name, images.to(device), form)))),
    );
  const extract = (images: Tensor): Extracted =>
    atRest(images, (prepared) => {
      const { features, logits } = compute(prepared);
      const count = images.shape[0];
      return {
        features: requireRows(name, 'features', features, count),
        logits: logits && requireRows(name, 'logits', logits, count),
      };
    });
  const maps = (images: Tensor): readonly Tensor[] =>
    atRest(images, (prepared) => requireMaps(name, network.maps?.(prepared) ?? [], images.shape[0]));
  const responses = (images: Tensor): readonly Tensor[] =>
    withoutAutocast(device, () =>
      requireMaps(name, network.maps?.(prepareImages(name, images, form)) ?? [], images.shape[0]),
    );
  const { trial, dimensions, classes, hasMaps } = scope(() => {
    const { height, width } = network.probe;
    const channels = nearestChannels(channelsOf(form), network.probe.channels);
    const shape = [2, channels, height, width];
    const steps = shape.reduce((all, size) => all * size);
    const image = linspace({ start: -1, end: 1, steps }, { device }).reshape(shape);
    const { features, logits } = extract(image);
    return {
      trial: [features.abs().mean(), features.square().mean()].map((sum) => sum.item().toPrecision(3)).join(),
      dimensions: features.shape[1],
      classes: logits?.shape[1] ?? 0,
      hasMaps: atRest(image, (prepared) => network.maps?.(prepared) ?? null) !== null,
    };
  });
  return {
    name,
    sha256,
    trial,
    dimensions,
    classes,
    channels: channelsOf(form),
    resize: network.resize ?? formWords(form),
    extract,
    ...(hasMaps && { maps }),
    // Bytes have no gradient.
    ...(hasMaps && form.range !== 'uint8' && { responses }),
    dispose,
  };
}

/** Maps float32 [count, C, h, w] of what a network gave. */
function requireMaps(name: string, given: readonly Tensor[], count: number): readonly Tensor[] {
  for (const { shape } of given)
    if (shape.length !== 4 || shape[0] !== count)
      throw new GanError(
        'ERR_BAD_FEATURES',
        `${name}: expected feature maps of shape [${count}, C, h, w] for ${count} images but received [${shape.join(', ')}]`,
      );
  return given.map((map) => map.float());
}

/** Rows float32 [count, d] of what a network gave; dimensions of size 1 behind are dropped. */
function requireRows(name: string, what: string, given: Tensor, count: number): Tensor {
  const { shape } = given;
  if (shape.length >= 2 && shape[0] === count && shape.slice(2).every((size) => size === 1))
    return given.reshape([count, shape[1]]).float();
  throw new GanError(
    'ERR_BAD_FEATURES',
    `${name}: expected ${what} of shape [${count}, d] for ${count} images but received [${shape.join(', ')}]`,
  );
}

/** Options of {@link moduleExtractor}: what the module takes, and what is told of it. */
export interface ModuleExtractorOptions extends InputForm {
  /** For protocols, e.g. `my-encoder`. */
  readonly name: string;
  /** Where it computes (cpu). */
  readonly device?: string;
  /** Logits [N, k] from the features, for the Inception Score (none). */
  readonly logits?: Module;
  /** What the module is tried with (3 channels of `size`, or of 32, pixels). */
  readonly probe?: ImageShape;
}

/**
 * The features of any module that maps images to vectors [N, d], with the sha256 of its state dict. It is copied, put into evaluation mode
 * and moved to the device: the user's own stays as it is.
 *
 * @throws UsageError for a form out of range; GanError `ERR_BAD_FEATURES` when the module gives no vectors
 */
export function moduleExtractor(module: Module, options: ModuleExtractorOptions): FeatureExtractor {
  const { name, logits, size, channels = 3, probe = { channels, ...sizeOf(size ?? 32) } } = options;
  const form = requireForm(name, {
    range: options.range,
    size,
    filter: options.filter,
    channels: options.channels,
  });
  const device = resolveDevice(options.device ?? 'cpu');
  const atRest = <M extends Module>(own: M): M =>
    untouchedRandom(() => own.clone().eval().freeze().to({ device, dtype: 'float32' }));
  const network = atRest(module);
  const head = logits && atRest(logits);
  const dispose = () => {
    network.dispose();
    head?.dispose();
  };
  try {
    return networkExtractor({
      name,
      sha256: stateSha256(network, ...(head ? [head] : [])),
      device,
      form,
      probe,
      compute: (images) => {
        const features = network.forward(images);
        return { features, logits: head ? head.forward(features) : null };
      },
      dispose,
    });
  } catch (error) {
    dispose();
    throw error;
  }
}
