import { UsageError } from '../errors';
import { drawTruncatedNormal } from '../nn/truncated-normal';
import { noGrad } from '../tensor/autograd';
import { empty, rand, randint, randn, tensor } from '../tensor/create';
import type { Generator } from '../tensor/random';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';

/**
 * What networks make images of: standard normal numbers, `size` of them or in a `shape` such as [100, 1, 1]; behind them, along the first
 * dimension, what a conditional or structured network is told. Everything it depends on is in its latents, so that a file
 * of latents, a grid or a CUDA graph needs nothing else.
 */
export type Latent = ({ readonly size: number } | { readonly shape: readonly number[] }) & {
  /** One number more for each class, 1 for that of the image and 0 for the others; drawn evenly (none). */
  readonly classes?: number;
  /** Whether the classes are the labels of a data set, which must then have as many; else they are a code of the model's own (false). */
  readonly conditional?: boolean;
  /** So many numbers more, uniform in [−1, 1]: continuous codes (none). */
  readonly codes?: number;
};

/** The parts of latents [N, …], which they share their memory with. */
export interface LatentParts {
  /** Normal numbers [N, …shape]. */
  readonly noise: Tensor;
  /** [N, K], all 0 but one; null without classes. */
  readonly oneHot: Tensor | null;
  /** [N, c] in [−1, 1]; null without codes. */
  readonly codes: Tensor | null;
}

/** Where latents are drawn from, and what is fixed about them. */
export interface DrawOptions {
  readonly count: number;
  readonly generator: Generator;
  readonly device: string;
  /** The class of all, or of each (drawn evenly). */
  readonly label?: number | readonly number[];
  /** Normal numbers beyond ±truncation are drawn anew: their distribution is the truncated normal of Brock et al. 2019 (none). */
  readonly truncation?: number;
}

/** The shape of one latent, classes and codes included. */
export function latentShape(latent: Latent): readonly number[] {
  const { classes = 0, codes = 0 } = latent;
  const noise = noiseShape(latent);
  for (const [name, count] of Object.entries({ classes, codes }))
    if (!Number.isInteger(count) || count < 0)
      throw new UsageError(`latent expected ${name} to be a whole number but received ${count}`);
  return [noise[0] + classes + codes, ...noise.slice(1)];
}

/** How many numbers one latent has. */
export function latentSize(latent: Latent): number {
  return latentShape(latent).reduce((product, size) => product * size, 1);
}

/** `count` latents [count, …shape]. */
export function drawLatents(latent: Latent, options: DrawOptions): Tensor {
  const { classes = 0, codes = 0 } = latent;
  if (classes === 0 && codes === 0) return drawNoise(latent, options);
  return scope(() => {
    const noise = drawNoise(latent, options);
    const flat = (values: Tensor) => values.reshape([...values.shape, ...noise.shape.slice(2).map(() => 1)]);
    return cat([noise, ...drawParts(latent, options).map(flat)], 1);
  });
}

/** What stands behind the normal numbers of `count` latents, [count, K + c]: classes and codes, of which there must be some. */
export function drawConditions(latent: Latent, options: Omit<DrawOptions, 'truncation'>): Tensor {
  return scope(() => cat(drawParts(latent, options), 1));
}

/** Latents of a grid with a row for each class, `columns` to a row; the noise and codes of a column are the same in every row. */
export function drawClassRows(
  latent: Latent,
  {
    columns,
    ...options
  }: Pick<DrawOptions, 'generator' | 'device' | 'truncation'> & { readonly columns: number },
): Tensor {
  const { classes = 0 } = latent;
  return scope(() => {
    const first = drawLatents(latent, { ...options, count: columns, label: 0 });
    const rows = Array.from({ length: classes }, (_, label) => withLabel(latent, first, label));
    return cat(rows);
  });
}

/** The same latents with another class. */
export function withLabel(latent: Latent, latents: Tensor, label: number): Tensor {
  const { classes = 0 } = latent;
  requireLabel(latent, label);
  const [size] = noiseShape(latent);
  return noGrad(() => {
    const changed = latents.clone();
    scope(() => {
      const part = changed.narrow(1, { start: size, length: classes });
      part.fill_(0);
      part.narrow(1, { start: label, length: 1 }).fill_(1);
    });
    return changed;
  });
}

/** The class of each of the latents [N, …], which must have some. */
export function classesOf(latent: Latent, latents: Tensor): Int32Array {
  return scope(() => {
    const { oneHot } = splitLatents(latent, latents);
    if (!oneHot) throw new UsageError('classesOf expected latents with classes but these have none');
    return Int32Array.from(oneHot.argmax(1).toTypedArray(), Number);
  });
}

/** Latents [N, …] in parts: views, in the caller's scope. */
export function splitLatents(latent: Latent, latents: Tensor): LatentParts {
  const { classes = 0, codes = 0 } = latent;
  const [size] = noiseShape(latent);
  const part = (start: number, length: number) =>
    length === 0 ? null : latents.narrow(1, { start, length }).reshape([latents.shape[0], length]);
  return {
    noise: latents.narrow(1, { start: 0, length: size }),
    oneHot: part(size, classes),
    codes: part(size + classes, codes),
  };
}

function noiseShape(latent: Latent): readonly number[] {
  const shape = 'shape' in latent ? latent.shape : [latent.size];
  if (shape.length === 0 || !shape.every((size) => Number.isInteger(size) && size > 0))
    throw new UsageError(
      `latent expected a positive size, or a shape of positive sizes, but received [${shape.join(', ')}]`,
    );
  if ((latent.classes || latent.codes) && shape.slice(1).some((size) => size !== 1))
    throw new UsageError(
      `latent expected a shape [z, 1, …] beside classes and codes but received [${shape.join(', ')}]`,
    );
  return shape;
}

function drawNoise(latent: Latent, { count, generator, device, truncation }: DrawOptions): Tensor {
  const shape = [count, ...noiseShape(latent)];
  if (truncation === undefined) return randn(shape, { generator, device });
  if (!(truncation > 0))
    throw new UsageError(`truncation expected a number above 0 but received ${truncation}`);
  return scope(() => {
    const noise = empty(shape, { device });
    drawTruncatedNormal(noise, { mean: 0, std: 1, a: -truncation, b: truncation, generator });
    return noise;
  });
}

/** Classes [count, K] and codes [count, c], where there are any. */
function drawParts({ classes = 0, codes = 0 }: Latent, options: DrawOptions): Tensor[] {
  const { count, generator, device } = options;
  const parts: Tensor[] = [];
  if (classes > 0) parts.push(drawClasses(classes, options));
  if (codes > 0) parts.push(rand([count, codes], { generator, device }).mul(2).sub(1));
  return parts;
}

function drawClasses(classes: number, { count, generator, device, label }: DrawOptions): Tensor {
  if (label === undefined)
    return randint({ high: classes, shape: [count] }, { generator, device })
      .oneHot(classes)
      .float();
  const labels = typeof label === 'number' ? Array.from({ length: count }, () => label) : label;
  requireLabels(classes, { count, labels });
  return tensor(BigInt64Array.from(labels, BigInt), { device }).oneHot(classes).float();
}

/**
 * Checks a class that images are to be of.
 *
 * @throws UsageError where latents have none, or not this one
 */
export function requireLabel({ classes = 0 }: Latent, label: number): void {
  requireLabels(classes, { count: 1, labels: [label] });
}

function requireLabels(
  classes: number,
  { count, labels }: { count: number; labels: readonly number[] },
): void {
  if (classes === 0)
    throw new UsageError(
      'label expected a conditional model but this one was trained without labels: leave it out',
    );
  if (labels.length !== count)
    throw new UsageError(
      `label expected ${count} classes, one for each latent, but received ${labels.length}`,
    );
  const wrong = labels.find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (wrong !== undefined)
    throw new UsageError(`label expected a class from 0 to ${classes - 1} but received ${wrong}`);
}
