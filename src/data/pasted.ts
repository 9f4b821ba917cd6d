import { noGrad } from '../tensor/autograd';
import { arange, rand } from '../tensor/create';
import { avgPool2d } from '../tensor/functional';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';

/** Images in which something does not belong. */
export interface Pasted {
  /** float32 [N, C, H, W] in [−1, 1] */
  readonly images: Tensor;
  /** Where something was pasted that can be seen: float32 [N, 1, H, W] of 0 and 1. */
  readonly mask: Tensor;
}

/** Pieces in an image, at most. */
const PIECES = 3;

/** The longer side of a piece by the shorter one of the image, and how many times as long as wide it is at most. */
const [LENGTH, ASPECT] = [[1 / 16, 1 / 2] as const, 16];

/** Pixels, the least width of a piece, and how wide its edge is. */
const [LEAST, EDGE] = [2, [0.5, 2] as const];

/** Images that stay as they are, and images whose pieces are of one colour. */
const [UNTOUCHED, PLAIN] = [0.25, 0.5];

/** By how much values are moved, of a range from −1 to 1; their contrast; what is seen of a piece that is not opaque. */
const [SHIFT, CONTRAST, OPACITY] = [[0.2, 0.8] as const, [0.5, 1.5] as const, [0.5, 1] as const];

/** A piece is seen where it changes the pixels around by so much in the mean, of a range from −1 to 1. */
const [AROUND, VISIBLE] = [{ kernelSize: 5, stride: 1, padding: 2 }, 0.25];

/** How many numbers are drawn for an image, for each of its pieces, and for each of its channels. */
const [OF_IMAGE, OF_PIECE, OF_CHANNEL] = [11, 6, 3];

/**
 * Pastes pieces into images: rectangles, turned, from long and thin to square, as the "CutPaste" and its "scar" (Li et al. 2021), with edges that are
 * sharp or soft. They show the image before it in the batch, mirrored and laid on its side at random, or the image itself, whose values are
 * always moved then, as those of others are in half of the cases; in half of the images they are of one colour, as "confetti noise" (Liznerski et al.
 * 2021); half of the pieces are opaque. A quarter of the images stays as it is.
 * A piece that shows what was there anyway is not in the mask: who has to find it learns the images by heart.
 *
 * What chance decides is drawn on the images' device from its default generator.
 */
export function pasteParts(images: Tensor): Pasted {
  return noGrad(() =>
    scope(() => {
      const [count, channels, height, width] = images.shape;
      const { device } = images;
      const drawn = rand([count, OF_IMAGE], { device }).reshape([count, OF_IMAGE, 1, 1, 1]).unbind(1);
      const pieces = rand([count, PIECES, OF_PIECE], { device });
      const moved = rand([count, OF_CHANNEL, channels, 1, 1], { device }).unbind(1);
      const [untouched, edge, ...rest] = drawn;
      const cover = coverOf(pieces, { edge: between(edge, EDGE), height, width });
      const seen = cover.mul(untouched.ge(UNTOUCHED).float());
      const [opaque, opacity, ...others] = rest;
      const share = between(opacity, OPACITY).where(opaque.lt(0.5), 1);
      const content = contentOf(images, { draws: others, moved });
      const change = content.sub(images).mul(seen.mul(share));
      const visible = avgPool2d(change.abs().mean([1], { keepdim: true }), AROUND)
        .gt(VISIBLE)
        .float();
      return { images: images.add(change), mask: seen.gt(0.5).float().mul(visible) };
    }),
  );
}

/** Images [N, C, H, W] mirrored, upside down and, if they are square, on their side, each in half of the cases, drawn for each image. */
export function turnedAtRandom(images: Tensor): Tensor {
  const draws = rand([images.shape[0], 3, 1, 1, 1], { device: images.device }).unbind(1);
  return laid(images, draws);
}

function laid(images: Tensor, [mirrored, upsideDown, turned]: readonly Tensor[]): Tensor {
  const [, , height, width] = images.shape;
  const across = images.flip([3]).where(mirrored.lt(0.5), images);
  const over = across.flip([2]).where(upsideDown.lt(0.5), across);
  return height === width ? over.transpose(2, 3).where(turned.lt(0.5), over) : over;
}

function between(drawn: Tensor, [from, to]: readonly [number, number]): Tensor {
  return drawn.mul(to - from).add(from);
}

/** How much of each pixel pieces cover, 0 to 1: [N, 1, H, W]. */
function coverOf(
  pieces: Tensor,
  { edge, height, width }: { readonly edge: Tensor; readonly height: number; readonly width: number },
): Tensor {
  const { device } = pieces;
  const [x, y, turn, size, form, there] = pieces.reshape([pieces.shape[0], PIECES, OF_PIECE, 1, 1]).unbind(2);
  const places = (length: number) => arange({ end: length }, { device }).float().add(0.5);
  const [right, down] = [places(width).sub(x.mul(width)), places(height).unsqueeze(1).sub(y.mul(height))];
  const angle = turn.mul(Math.PI);
  const [along, across] = [
    right.mul(angle.cos()).add(down.mul(angle.sin())).abs(),
    down.mul(angle.cos()).sub(right.mul(angle.sin())).abs(),
  ];
  const long = between(size, LENGTH).mul(Math.min(height, width));
  const wide = long.div(form.mul(Math.log(ASPECT)).exp()).clamp({ min: LEAST });
  const outside = along.sub(long.div(2)).maximum(across.sub(wide.div(2)));
  const cover = outside.div(edge).rsub(0.5).clamp({ min: 0, max: 1 });
  // The first is always there, each of the others in half of the images.
  const first = arange({ end: PIECES }, { device }).reshape([1, PIECES, 1, 1]).eq(0);
  const present = there.lt(0.5).float().where(first.eq(0), 1);
  return cover.mul(present).amax([1], { keepdim: true });
}

/** What pieces show, as large as the images. */
function contentOf(
  images: Tensor,
  { draws, moved }: { readonly draws: readonly Tensor[]; readonly moved: readonly Tensor[] },
): Tensor {
  const [mirrored, upsideDown, turned, own, moves, contrast, plain] = draws;
  const [count] = images.shape;
  const others = cat([
    images.narrow(0, { start: count - 1, length: 1 }),
    images.narrow(0, { start: 0, length: count - 1 }),
  ]);
  const content = images.where(own.lt(0.5), laid(others, [mirrored, upsideDown, turned]));
  const [size, sign, color] = moved;
  const shift = between(size, SHIFT).mul(sign.lt(0.5).float().mul(2).sub(1));
  const mean = content.mean([2, 3], { keepdim: true });
  const changed = content
    .sub(mean)
    .mul(between(contrast, CONTRAST))
    .add(mean)
    .add(shift)
    .clamp({ min: -1, max: 1 });
  const shown = changed.where(own.minimum(moves).lt(0.5), content);
  return color.mul(2).sub(1).where(plain.lt(PLAIN), shown);
}
