import { UsageError } from '../errors';
import { noGrad } from '../tensor/autograd';
import { linspace } from '../tensor/create';
import { Generator } from '../tensor/random';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { type DrawOptions, drawClassRows, drawLatents, type Latent, requireLabel, withLabel } from './latent';

/** Where random numbers come from. */
export type LatentSource = Pick<DrawOptions, 'generator' | 'device' | 'truncation'>;

/** Latents and how many of them make a row. */
export interface LatentGrid {
  readonly latents: Tensor;
  readonly columns: number;
}

/** Values that {@link sweepLatents} gives a number that is no class. */
const COLUMNS = 10;
/** Rows of a sweep: each has noise of its own. */
const ROWS = 5;
/** Numbers that are swept where latents have no codes. */
const NUMBERS = 10;
/** How far those are swept: three standard deviations. */
const REACH = 3;

/** A random generator of the CPU for a seed, as long as `body` runs: a seed means the same latents on every device. */
export function withSeed<T>(seed: number, body: (source: LatentSource) => T): T {
  const generator = new Generator({ device: 'cpu', seed });
  try {
    return scope(() => body({ generator, device: 'cpu' }));
  } finally {
    generator.dispose();
  }
}

/** A row of images for each class, from a seed; as the sample grids of a conditional training are drawn. */
export function classRows(
  latent: Latent,
  { seed, columns, truncation }: { seed: number; columns: number; truncation?: number },
): Tensor {
  return withSeed(seed, (source) => drawClassRows(latent, { ...source, columns, truncation }));
}

/** A way between the latents of two seeds. */
export interface WalkOptions {
  readonly from: number;
  readonly to: number;
  /** Latents on the way, both ends included. */
  readonly frames: number;
  /** The class all the way; that of the first seed, where latents have classes. */
  readonly label?: number;
  readonly truncation?: number;
}

/**
 * Latents [frames, …] from those of one seed to those of another: normal numbers on the great circle, as White 2016 proposes, since
 * those on a straight line are too short to be likely; codes on a straight line.
 *
 * @throws UsageError for fewer than 2 frames, or a class that does not exist
 */
export function walkLatents(latent: Latent, { from, to, frames, label, truncation }: WalkOptions): Tensor {
  requireFrames(frames);
  if (label !== undefined) requireLabel(latent, label);
  const draw = (seed: number) =>
    withSeed(seed, (source) => drawLatents(latent, { ...source, truncation, count: 1, label }));
  return scope(() => {
    const [start, end] = [draw(from), draw(to)];
    const noise = noiseLength(latent, start);
    const share = (i: number) => i / (frames - 1);
    const parts = (whole: Tensor): [Tensor, Tensor] => [
      whole.narrow(1, { start: 0, length: noise }),
      whole.narrow(1, { start: noise, length: whole.shape[1] - noise }),
    ];
    const [[a, restA], [b, restB]] = [parts(start), parts(end)];
    const { classes = 0 } = latent;
    const way = Array.from({ length: frames }, (_, i) => {
      const round = spherical([a, b], share(i));
      if (restA.numel === 0) return round;
      const straight = restA.lerp(restB, share(i));
      if (classes > 0)
        straight
          .narrow(1, { start: 0, length: classes })
          .copy_(restA.narrow(1, { start: 0, length: classes }));
      return cat([round, straight], 1);
    });
    return cat(way);
  });
}

/** @throws UsageError for fewer frames than a way has ends */
export function requireFrames(frames: number): void {
  if (!Number.isInteger(frames) || frames < 2)
    throw new UsageError(`frames expected a whole number of at least 2 but received ${frames}`);
}

/** (sin((1 − t) ω) a + sin(t ω) b) / sin ω, where ω is the angle of a and b. */
function spherical([a, b]: readonly [Tensor, Tensor], t: number): Tensor {
  const cosine = a.mul(b).sum().div(a.norm().mul(b.norm())).item();
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  // Of one direction, or of opposite ones, there is no circle to go on.
  if (sine < 1e-4) return a.lerp(b, t);
  return a.mul(Math.sin((1 - t) * angle) / sine).add(b.mul(Math.sin(t * angle) / sine));
}

/**
 * Latents that show what their numbers mean, in rows: first the classes, one a column; then each continuous code, from −1 to 1 along
 * the row. Every row of such a block has noise of its own. Latents that have neither are swept over their first ten numbers instead,
 * a row each, from −3 to 3, all from the same noise.
 */
export function sweepLatents(latent: Latent, source: LatentSource): LatentGrid {
  const { classes = 0, codes = 0 } = latent;
  return scope(() => {
    if (classes === 0 && codes === 0) return { latents: sweepNoise(latent, source), columns: COLUMNS };
    const columns = classes > 0 ? classes : COLUMNS;
    const rows = drawLatents(latent, { ...source, count: ROWS, ...(classes > 0 && { label: 0 }) }).split(1);
    const blocks: Tensor[] = [];
    if (classes > 0)
      for (const row of rows)
        blocks.push(...Array.from({ length: classes }, (_, label) => withLabel(latent, row, label)));
    const first = noiseLength(latent, rows[0]) + classes;
    for (let code = 0; code < codes; code++)
      for (const [i, row] of rows.entries()) {
        const base = classes > 0 ? withLabel(latent, row, i % classes) : row;
        blocks.push(sweep(base, { place: first + code, reach: 1, columns }));
      }
    return { latents: cat(blocks), columns };
  });
}

function sweepNoise(latent: Latent, source: LatentSource): Tensor {
  const start = drawLatents(latent, { ...source, count: 1 });
  const places = Math.min(NUMBERS, start.shape[1]);
  return cat(
    Array.from({ length: places }, (_, place) => sweep(start, { place, reach: REACH, columns: COLUMNS })),
  );
}

/** Copies of a latent [1, …] whose number at `place` goes from −reach to reach. */
function sweep(
  latents: Tensor,
  { place, reach, columns }: { place: number; reach: number; columns: number },
): Tensor {
  const [, ...shape] = latents.shape;
  return noGrad(() => {
    const copies = latents.expand([columns, ...shape]).clone();
    const way = linspace({ start: -reach, end: reach, steps: columns }, { device: latents.device });
    const held = copies.narrow(1, { start: place, length: 1 });
    held.copy_(way.reshape(held.shape));
    return copies;
  });
}

/** How many numbers are noise, along the first dimension. */
function noiseLength({ classes = 0, codes = 0 }: Latent, latents: Tensor): number {
  return latents.shape[1] - classes - codes;
}
