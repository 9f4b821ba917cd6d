import { borderOfCopies } from './border';
import { arange } from './create';
import { upFirDown } from './resample';
import { cat } from './shapes';
import type { Tensor } from './tensor';

// LibTorch's CUDA kernels for the gradients of these scatter by atomic additions, whose order changes from run to run, and refuse to work where runs
// must be equal. Here gradients of every order gather, by operators that add in a fixed order.

/** What {@link bilinearInOrder} makes. */
export interface Bilinear {
  /** [height, width] of what comes of it. */
  readonly size: readonly [number, number];
  /** Pixels of the input that a step of one pixel of the output goes, along height and width; not used with aligned corners. */
  readonly steps: readonly [number, number];
  /** Whether corner pixels keep their places instead of corner areas. */
  readonly alignCorners: boolean;
}

/** Images [N, C, H, W] at another size, as `interpolate(…, mode: 'bilinear')` makes them, but for the last bits. */
export function bilinearInOrder(input: Tensor, { size, steps, alignCorners }: Bilinear): Tensor {
  const factor = size[0] / input.shape[2];
  const whole = Number.isInteger(factor) && size[1] === factor * input.shape[3];
  const exact = steps.every((step) => step === 1 / factor);
  if (!alignCorners && whole && exact && factor <= 32) return enlarged(input, factor);
  const rows = between(input, { dim: 2, count: size[0], step: steps[0], alignCorners });
  return between(rows, { dim: 3, count: size[1], step: steps[1], alignCorners });
}

/** Beyond the border pixels are those at it, and a triangle filters away the zeros between them. */
function enlarged(input: Tensor, factor: number): Tensor {
  if (factor === 1) return input;
  const count = 2 * factor - (factor % 2);
  const middle = (count - 1) / 2;
  const kernel = Array.from({ length: count }, (_, tap) => 1 - Math.abs(tap - middle) / factor);
  const bordered = borderOfCopies(input, [1, 1, 1, 1], 'replicate');
  // The filter's middle lies where pixel 0 begins to be asked for, (factor + 1) / 2 behind the pixel of the border.
  const before = middle - (factor + 1) / 2;
  const after = count - 1 - 2 * factor - before;
  return upFirDown(bordered, { kernel, up: factor, padding: [before, after, before, after] });
}

interface Direction {
  readonly dim: number;
  readonly count: number;
  readonly step: number;
  readonly alignCorners: boolean;
}

/** Pixels between two others along one direction. Places are made on the device, so that a CUDA graph can hold it. */
function between(input: Tensor, { dim, count, step, alignCorners }: Direction): Tensor {
  const last = input.shape[dim] - 1;
  const index = arange({ end: count }, { dtype: 'float64', device: input.device });
  const place = alignCorners
    ? index.mul(count > 1 ? last / (count - 1) : 0)
    : index.add(0.5).mul(step).sub(0.5).clamp({ min: 0 });
  const low = place.floor().clamp({ max: last });
  const shape = Array.from({ length: input.dim }, (_, at) => (at === dim ? count : 1));
  const weight = place.sub(low).to({ dtype: input.dtype }).reshape(shape);
  const at = (which: Tensor): Tensor => input.indexSelect(dim, which.to({ dtype: 'int64' }));
  return at(low).lerp(at(low.add(1).clamp({ max: last })), weight);
}

/** Means of windows chosen as by `adaptiveAvgPool2d`: [N, C, H, W] → [N, C, ...size]. */
export function adaptiveMeansInOrder(input: Tensor, size: readonly [number, number]): Tensor {
  return means(means(input, 2, size[0]), 3, size[1]);
}

function means(input: Tensor, dim: number, count: number): Tensor {
  const length = input.shape[dim];
  const windows = Array.from({ length: count }, (_, at) => {
    const start = Math.floor((at * length) / count);
    return { start, length: Math.ceil(((at + 1) * length) / count) - start };
  });
  return cat(
    windows.map((window) => input.narrow(dim, window).mean([dim], { keepdim: true })),
    dim,
  );
}
