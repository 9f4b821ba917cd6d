import { oneOf } from '../check';
import { UsageError } from '../errors';
import { arange, rand } from '../tensor/create';
import type { Generator } from '../tensor/random';
import { scope } from '../tensor/scope';
import { stack } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import type { ImageSize } from './image-size';

/** Which holes masks have. */
export interface Holes {
  /** Rectangles, zigzags of brush strokes (Yu et al. 2019), or either, each in half of the images. */
  readonly kind: 'rectangle' | 'free-form' | 'both';
  /**
   * The area of a rectangle as a share of the image's: a number, for rectangles of the image's proportions, or a range, for such of others, too
   * (0.05 to 0.4). Strokes are as they fall.
   */
  readonly share?: number | readonly [from: number, to: number];
}

/** Where masks are drawn, and what by. */
export interface MaskDraws {
  readonly generator: Generator;
  readonly device: string;
}

const [USUAL_SHARE, MOST_SHARE] = [[0.05, 0.4] as const, 0.5];

/** Height by width of rectangles of a range: as far from 1 as this, either way. */
const ASPECT = 2;

/** Zigzags in an image, at most, and lines in each. */
const [ZIGZAGS, LINES] = [4, 6];

/** By parts of the shorter side: lengths of lines, and radii of the brush, from the least to the most. */
const [LENGTH, RADIUS] = [
  [1 / 16, 1 / 4],
  [1 / 40, 1 / 12],
];

/** Pixels, the least radius of a brush: one that lies in the image covers the middle of a pixel. */
const LEAST_RADIUS = 0.75;

/** Radians that a line turns away from its zigzag's direction, at most. */
const TURN = 1.2;

/** {@link Holes} in words. */
export function holesInWords({ kind, share = USUAL_SHARE }: Holes): string {
  const area = typeof share === 'number' ? `${share}` : `${share[0]} to ${share[1]}`;
  const words = { rectangle: `rectangle of ${area} of the area`, 'free-form': 'free-form strokes' };
  return kind === 'both' ? `${words.rectangle}, or ${words['free-form']}` : words[kind];
}

/** @throws UsageError for an unknown kind, or a share that leaves no hole or most of nothing */
export function checkHoles({ kind, share = USUAL_SHARE }: Holes): void {
  oneOf('masked', 'kind', kind, ['rectangle', 'free-form', 'both']);
  const [from, to] = typeof share === 'number' ? [share, share] : share;
  if (from > 0 && to >= from && to <= MOST_SHARE) return;
  throw new UsageError(
    `masked expected a share of the area above 0 and up to ${MOST_SHARE}, or a range of such, but received ${from === to ? from : `${from} to ${to}`}`,
  );
}

/**
 * Draws a mask for each of `count` images: float32 [count, 1, H, W], **1 in the hole and 0 where the image is known**, on the device. A mask
 * that was drawn has a hole.
 *
 * @throws UsageError for holes that cannot be
 */
export function drawMasks(
  { count, ...size }: ImageSize & { readonly count: number },
  { kind, share = USUAL_SHARE }: Holes,
  draws: MaskDraws,
): Tensor {
  checkHoles({ kind, share });
  return scope(() => {
    const draw = (...shape: number[]) => rand([count, ...shape], draws);
    if (kind === 'rectangle') return rectangles(size, share, draw);
    if (kind === 'free-form') return zigzags(size, draw);
    const coins = draw(1, 1, 1).lt(0.5);
    return rectangles(size, share, draw).where(coins, zigzags(size, draw));
  });
}

/** Numbers in [0, 1), of a shape for each image. */
type Draw = (...shape: number[]) => Tensor;

function between(drawn: Tensor, [from, to]: readonly number[]): Tensor {
  return drawn.mul(to - from).add(from);
}

function rectangles({ height, width }: ImageSize, share: NonNullable<Holes['share']>, draw: Draw): Tensor {
  const [area, form, down, right] = draw(4, 1, 1, 1).unbind(1);
  const range = typeof share === 'number' ? [share, share] : share;
  const side = between(area, range).sqrt();
  // log₂ of height by width is uniform.
  const tall =
    typeof share === 'number'
      ? form.mul(0).exp()
      : form
          .mul(2)
          .sub(1)
          .mul(Math.log(ASPECT) / 2)
          .exp();
  const inside = (places: Tensor, whole: number, part: Tensor, drawn: Tensor) => {
    const length = part
      .mul(whole)
      .round()
      .clamp({ min: 1, max: Math.max(1, whole - 1) });
    const start = drawn.mul(length.neg().add(whole + 1)).floor();
    return places
      .ge(start)
      .float()
      .mul(places.lt(start.add(length)).float());
  };
  const { rows, columns } = placesOf({ height, width }, area.device);
  return inside(rows, height, side.mul(tall), down).mul(inside(columns, width, side.div(tall), right));
}

/** Zigzags of a round brush, each in a direction of its own; the first is always there. */
function zigzags({ height, width }: ImageSize, draw: Draw): Tensor {
  const side = Math.min(height, width);
  const scaled = (parts: readonly number[]) => parts.map((part) => part * side);
  const wanted = draw(1, 1, 1).mul(ZIGZAGS);
  const drawn = Array.from({ length: ZIGZAGS }, (_, zigzag) => {
    const [x, y, direction, brush] = draw(4, 1).unbind(1);
    const [turns, lengths] = draw(2, LINES).unbind(1);
    const alternating = arange({ end: LINES }, { device: turns.device }).remainder(2).mul(2).sub(1);
    const angles = direction.mul(2 * Math.PI).add(turns.mul(TURN).mul(alternating));
    const steps = between(lengths, scaled(LENGTH));
    const line = (start: Tensor, whole: number, step: Tensor) => {
      const ends = runningSums(step).add(start.mul(whole));
      return { from: ends.sub(step), step };
    };
    const radius = between(brush, scaled(RADIUS)).clamp({ min: LEAST_RADIUS }).reshape([-1, 1, 1, 1]);
    const lines = { x: line(x, width, angles.cos().mul(steps)), y: line(y, height, angles.sin().mul(steps)) };
    const painted = squaredDistances({ height, width }, lines).le(radius.square()).float();
    return zigzag === 0 ? painted : painted.mul(wanted.gt(zigzag).float());
  });
  return drawn.reduce((mask, painted) => mask.maximum(painted));
}

/** Of [N, lines], as `cumsum` gives them on the CPU. On CUDA that adds in no fixed order, and refuses where runs are to be equal. */
function runningSums(steps: Tensor): Tensor {
  const [first, ...others] = steps.double().unbind(1);
  const sums = [first];
  for (const step of others) sums.push(sums[sums.length - 1].add(step));
  return stack(sums, 1).float();
}

/** Lines along one axis, [N, lines]: where they begin, and how far they go. */
interface Lines {
  readonly from: Tensor;
  readonly step: Tensor;
}

/** Of the middle of each pixel from the nearest of an image's lines, squared: [N, 1, H, W]. */
function squaredDistances(size: ImageSize, { x, y }: { readonly x: Lines; readonly y: Lines }): Tensor {
  const { rows, columns } = placesOf(size, x.from.device);
  const [fromX, stepX, fromY, stepY] = [x.from, x.step, y.from, y.step].map((each) =>
    each.reshape([each.shape[0], -1, 1, 1]),
  );
  const [right, down] = [columns.add(0.5).sub(fromX), rows.add(0.5).sub(fromY)];
  const along = right.mul(stepX).add(down.mul(stepY)).div(stepX.square().add(stepY.square()));
  const nearest = along.clamp({ min: 0, max: 1 });
  const [awayX, awayY] = [right.sub(nearest.mul(stepX)), down.sub(nearest.mul(stepY))];
  return awayX.square().add(awayY.square()).amin([1], { keepdim: true });
}

/** Numbers of rows [H, 1] and columns [W]. */
function placesOf(
  { height, width }: ImageSize,
  device: string,
): { readonly rows: Tensor; readonly columns: Tensor } {
  const count = (length: number) => arange({ end: length }, { device }).float();
  return { rows: count(height).unsqueeze(1), columns: count(width) };
}
