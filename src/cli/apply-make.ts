import { basename } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { ImageSize } from '../data/image-size';
import { writePng } from '../io/png';
import { deepPicture, requireFinite, sampleGrid } from '../report/grid';
import type { TaskState } from '../report/task-progress';
import { fromBytes, tensor } from '../tensor/create';
import { keep, scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { type TilingModel, tileByTile } from '../training/tiled';
import type { OpenedImage } from './apply-images';
import { holeOf } from './apply-masks';
import type { ApplySettings } from './apply-settings';
import { writeResult } from './write-result';

/** How images are made. */
export interface Making extends TilingModel {
  readonly settings: Pick<ApplySettings, 'batch' | 'tile' | 'overlap' | 'seed' | 'depth'>;
  /** The direction's name. */
  readonly direction: string;
  /** Of the images that are taken in. */
  readonly channels: number;
  /** Whether to go on; an image in tiles can be left between two of them. */
  goesOn(): boolean;
  readonly onProgress?: (state: TaskState) => void;
}

/** What a model made of a batch: float32 [N, C, H, W] in [−1, 1]. */
export interface Made {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Pixels that are computed at once when `--batch` does not say how many images, and the most images. */
const USUAL_PIXELS = 512 * 512;
const MOST_IMAGES = 64;

/** Images of a size that are made at once; one where it is cut, or where its dropout is to be that of its own seed. */
export function batchSize(
  { settings: { batch, tile }, sampler }: Pick<Making, 'settings' | 'sampler'>,
  { height, width }: ImageSize,
): number {
  if (tile !== undefined || sampler.norms === 'image') return 1;
  return (
    batch ??
    Math.max(1, Math.min(MOST_IMAGES, Math.floor(USUAL_PIXELS / (height * width * sampler.scale ** 2))))
  );
}

/** What the model makes of images of one size; null where it was left between two tiles. */
export async function makeBatch(images: readonly OpenedImage[], making: Making): Promise<Made | null> {
  const { sampler, networks, device, direction, settings } = making;
  const { seed } = settings;
  const inputs = keep(scope(() => inputsOf(images, making)));
  let made: Tensor | null = null;
  try {
    made =
      settings.tile === undefined
        ? keep(
            scope(() => {
              const masks = inputs.masks?.to(device);
              return sampler.make(networks, inputs.images.to(device), { direction, seed, masks }).to('cpu');
            }),
          )
        : await makeTiled(inputs, images[0].from, making);
    return made && madeOf(made);
  } finally {
    inputs.images.dispose();
    inputs.masks?.dispose();
    made?.dispose();
  }
}

/** float32 images [N, C, H, W] in [−1, 1], and masks [N, 1, H, W] of 0 and 1 where there are some. */
interface Inputs {
  readonly images: Tensor;
  readonly masks?: Tensor;
}

function inputsOf(images: readonly OpenedImage[], making: Making): Inputs {
  const holes = images.flatMap(({ hole, image: { height, width } }) =>
    hole === undefined ? [] : [holeOf(hole, { height, width })],
  );
  return { images: tensorOf(images, making), ...(holes.length > 0 && { masks: cat(holes) }) };
}

/** float32 [N, C, H, W] in [−1, 1] */
function tensorOf(images: readonly OpenedImage[], { channels }: Making): Tensor {
  const tensors = images.map(({ image: { pixels, height, width } }) => {
    const shape = [1, channels, height, width];
    return pixels instanceof Uint16Array
      ? tensor(Float32Array.from(pixels), { shape, device: 'cpu' }).div_(32767.5)
      : fromBytes(pixels, { dtype: 'uint8', shape, device: 'cpu' }).div(127.5);
  });
  return cat(tensors).sub_(1);
}

async function makeTiled({ images, masks }: Inputs, file: string, making: Making): Promise<Tensor | null> {
  const { direction, settings, goesOn, onProgress } = making;
  const { seed, overlap, tile = 0 } = settings;
  const steps = tileByTile(making, images, { direction, masks, seed, tile, overlap });
  try {
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) return step.value;
      onProgress?.({ task: `making ${basename(file)}`, ...step.value });
      // Signals are seen between tiles.
      await turn();
      if (!goesOn()) return null;
    }
  } finally {
    steps.return(images);
  }
}

function madeOf(images: Tensor): Made {
  const values = images.toTypedArray();
  if (values instanceof Float32Array) {
    requireFinite({ values, shape: images.shape });
    return { shape: images.shape, values };
  }
  throw new RangeError(`expected float32 images but received ${images.dtype}`);
}

/** Writes each image's picture where it has a place, of as many bits as the image has where nobody says. */
export async function writePictures(
  images: readonly OpenedImage[],
  { shape, values }: Made,
  { depth }: Pick<ApplySettings, 'depth'>,
): Promise<void> {
  const [count, ...rest] = shape;
  const size = values.length / count;
  for (const [i, { to, image }] of images.entries()) {
    if (to === null) continue;
    const one = { values: values.subarray(i * size, (i + 1) * size), shape: [1, ...rest] };
    const isDeep = depth === undefined ? image.pixels instanceof Uint16Array : depth === '16';
    const picture = isDeep ? deepPicture(one) : sampleGrid(one, { padding: 0 });
    await writeResult(to, (partial) => writePng(partial, picture));
  }
}
