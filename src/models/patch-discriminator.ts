import { argumentError, oneOf, positiveInteger } from '../check';
import type { ImageShape } from '../data/dataset';
import { UsageError } from '../errors';
import { TorchError } from '../native/torch-error';
import { leakyRelu } from '../nn/activation';
import { type Conv2dOptions, conv2d } from '../nn/conv';
import { Module } from '../nn/module';
import { type Sequential, sequential } from '../nn/sequential';
import { spectralNorm } from '../nn/spectral-norm';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { initDcgan } from './dcgan';
import { type MapNorm, mapNorm } from './translator';

/** Pixels along each side of the patches that a {@link PatchDiscriminator} judges. */
export type PatchSize = 1 | 16 | 34 | 70 | 142 | 286;

/** Options of {@link patchDiscriminator}. */
export interface PatchDiscriminatorOptions {
  /** The images to judge. */
  readonly images: ImageShape;
  /** Images of the same size that those were made from, judged together with them (none). */
  readonly condition?: Pick<ImageShape, 'channels'>;
  /** Channels of the first convolution's output; up to eight times as many inwards (64). */
  readonly width?: number;
  /** Pixels along each side of a judged patch (70). */
  readonly receptiveField?: PatchSize;
  /** (`instance`) */
  readonly norm?: MapNorm | 'none';
  /** Whether each convolution has spectral norm (false). */
  readonly spectralNorm?: boolean;
}

const PATCHES: readonly PatchSize[] = [1, 16, 34, 70, 142, 286];

/** Convolutions of stride 2: two of stride 1 follow them. */
function halvingsOf(receptiveField: PatchSize): number {
  return PATCHES.indexOf(receptiveField);
}

/** The least height and width, in pixels, of images with at least one patch: 24 for patches of 70, whose borders are padding. */
export function leastPatchedSize(receptiveField: PatchSize): number {
  return receptiveField === 1 ? 1 : 3 * 2 ** halvingsOf(receptiveField);
}

/** A discriminator of patches; see {@link patchDiscriminator}. */
export class PatchDiscriminator extends Module {
  readonly model: Sequential;
  /** Channels of the images to judge. */
  readonly channels: number;
  /** Channels of the images that they were made from; null where it judges without. */
  readonly conditionChannels: number | null;
  readonly receptiveField: PatchSize;

  /** @throws UsageError for an option out of range, or images that are smaller than the layers need */
  constructor(options: PatchDiscriminatorOptions) {
    const { images, condition, width = 64, receptiveField = 70, norm = 'instance' } = options;
    positiveInteger('patchDiscriminator', 'images.channels', images.channels);
    if (condition !== undefined)
      positiveInteger('patchDiscriminator', 'condition.channels', condition.channels);
    positiveInteger('patchDiscriminator', 'width', width);
    oneOf('patchDiscriminator', 'norm', norm, ['batch', 'instance', 'none']);
    if (!PATCHES.includes(receptiveField))
      throw argumentError(
        'patchDiscriminator',
        `receptiveField to be one of ${PATCHES.join(', ')}`,
        receptiveField,
      );
    const least = leastPatchedSize(receptiveField);
    if (!(images.height >= least && images.width >= least))
      throw new UsageError(
        `patchDiscriminator expects images of at least ${least} × ${least} pixels for patches of ${receptiveField} but received ${images.height} × ${images.width}: choose a smaller receptiveField`,
      );
    super();
    this.channels = images.channels;
    this.conditionChannels = condition?.channels ?? null;
    this.receptiveField = receptiveField;
    const inputs = images.channels + (this.conditionChannels ?? 0);
    this.model = body({ inputs, width, receptiveField, norm, normalised: options.spectralNorm ?? false });
  }

  /** @throws UsageError for a condition that is missing, or one too many */
  override forward(images: Tensor, condition?: Tensor): Tensor {
    this.checkImages(images.shape);
    if ((condition === undefined) !== (this.conditionChannels === null))
      throw new UsageError(
        condition === undefined
          ? 'patchDiscriminator expects the images that these were made from beside them but received none'
          : 'patchDiscriminator expects images alone but received a condition: build it with one',
      );
    return this.model.forward(condition === undefined ? images : cat([condition, images], 1));
  }

  protected override describe(): string {
    return `receptiveField=${this.receptiveField}, conditionChannels=${this.conditionChannels ?? 'none'}`;
  }

  private checkImages(shape: readonly number[]): void {
    const least = leastPatchedSize(this.receptiveField);
    const [, channels, height, width] = shape;
    if (shape.length === 4 && channels === this.channels && height >= least && width >= least) return;
    throw new TorchError(
      `expected images [N, ${this.channels}, H, W] of at least ${least} × ${least} pixels but received [${shape.join(', ')}]`,
      'ERR_SHAPE',
      'forward',
    );
  }
}

/**
 * A discriminator of patches, PatchGAN (Isola et al. 2017): `forward(images)` or `forward(images, condition)` → a map of logits
 * [N, 1, h, w], each for a patch of `receptiveField` pixels. For 70: 4 × 4 convolutions C64-C128-C256 of stride 2, C512 and the last one of
 * stride 1; the first has no norm. For 1, PixelGAN: 1 × 1 convolutions C64-C128 and the last one. Leaky ReLUs of slope 0.2. The
 * condition's channels come before the images'.
 *
 * Weights start as N(0, 0.02²), those of batch norms as N(1, 0.02²). State dicts have PyTorch's names for a sequence: `model.0.weight`,
 * `model.2.weight`, …
 *
 * @throws UsageError for an option out of range, or images that are smaller than the layers need
 */
export function patchDiscriminator(options: PatchDiscriminatorOptions): PatchDiscriminator {
  return new PatchDiscriminator(options);
}

interface Body {
  readonly inputs: number;
  readonly width: number;
  readonly receptiveField: PatchSize;
  readonly norm: MapNorm | 'none';
  readonly normalised: boolean;
}

function body({ inputs, width, receptiveField, norm, normalised }: Body): Sequential {
  const layer = (from: number, to: number, options: Conv2dOptions): Module => {
    // Its weight is drawn before spectral norm takes its first vectors from it.
    const convolution = initDcgan(conv2d(from, to, options));
    return normalised ? spectralNorm(convolution) : convolution;
  };
  const geometries = geometriesOf(receptiveField);
  const widths = geometries.slice(1).map((_, level) => width * Math.min(2 ** level, 8));
  const layers: Module[] = [layer(inputs, width, geometries[0]), leakyRelu(0.2)];
  for (let i = 1; i < widths.length; i++)
    layers.push(
      layer(widths[i - 1], widths[i], { ...geometries[i], bias: norm !== 'batch' }),
      ...(norm === 'none' ? [] : [initDcgan(mapNorm(norm, widths[i]))]),
      leakyRelu(0.2),
    );
  layers.push(layer(widths[widths.length - 1], 1, geometries[widths.length]));
  return sequential(...layers);
}

/** Kernel, stride and padding of each convolution. */
function geometriesOf(receptiveField: PatchSize): Conv2dOptions[] {
  if (receptiveField === 1) return Array.from({ length: 3 }, () => ({ kernelSize: 1 }));
  const halvings = halvingsOf(receptiveField);
  return Array.from({ length: halvings + 2 }, (_, i) => ({
    kernelSize: 4,
    stride: i < halvings ? 2 : 1,
    padding: 1,
  }));
}
