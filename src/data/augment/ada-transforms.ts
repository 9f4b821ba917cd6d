import { onesLike, zerosLike } from '../../tensor/create';
import type { Tensor } from '../../tensor/tensor';
import { matrices, product, rotation, scaling, translation } from './matrices';

/** Random numbers of one batch. A name with a question mark says whether the transformation happens at all. */
export const UNIFORM = [
  'flip?',
  'flip',
  'quarter?',
  'quarter',
  'shift?',
  'shiftX',
  'shiftY',
  'scale?',
  'before?',
  'before',
  'stretch?',
  'after?',
  'after',
  'move?',
  'brightness?',
  'contrast?',
  'luma?',
  'luma',
  'hue?',
  'hue',
  'saturation?',
] as const;
export const NORMAL = ['scale', 'stretch', 'moveX', 'moveY', 'brightness', 'contrast', 'saturation'] as const;

/** Random numbers of one batch, a column an image: from U[0, 1) and from N(0, 1), in an order that stays. */
export interface AdaDraws {
  /** [21, N] */
  readonly uniform: Tensor;
  /** [7, N] */
  readonly normal: Tensor;
}

type Gate = Extract<(typeof UNIFORM)[number], `${string}?`>;

/** Random numbers by name, and how likely each transformation is. */
export class Dealer {
  readonly #draws: AdaDraws;
  readonly #p: Tensor;

  constructor(draws: AdaDraws, p: Tensor) {
    this.#draws = draws;
    this.#p = p;
  }

  /** From U[0, 1), [N]. */
  uniform(name: (typeof UNIFORM)[number]): Tensor {
    return this.#draws.uniform.select(0, UNIFORM.indexOf(name));
  }

  /** From N(0, 1), [N]. */
  normal(name: (typeof NORMAL)[number]): Tensor {
    return this.#draws.normal.select(0, NORMAL.indexOf(name));
  }

  /** `value` for the images that the transformation happens to, `neutral` for the others. */
  gated(name: Gate, value: Tensor, neutral: number): Tensor {
    return value.where(this.uniform(name).lt(this.#p), neutral);
  }

  /** The same for a rotation, which comes before the stretching and after it: with p′ = 1 − √(1 − p) either comes with p. */
  gatedTwice(name: Gate, value: Tensor): Tensor {
    const each = this.#p.rsub(1).sqrt().rsub(1);
    return value.where(this.uniform(name).lt(each), 0);
  }

  /** e^(deviation · ln 2 · normal): a factor around 1. */
  factor(name: (typeof NORMAL)[number], deviation: number): Tensor {
    return this.normal(name)
      .mul(deviation * Math.LN2)
      .exp();
  }
}

/**
 * Where each pixel comes from: matrices [N, 3, 3] from places in the result to places in the source, in pixels around the middle. The
 * blits and geometric transformations of the paper in its order: flip, quarter turns, whole shift, scale, turn, stretch, turn, shift.
 */
export function geometry(
  dealer: Dealer,
  { width, height }: { readonly width: number; readonly height: number },
): Tensor {
  const turn = (name: 'before' | 'after'): Tensor =>
    rotation(
      dealer.gatedTwice(
        `${name}?`,
        dealer
          .uniform(name)
          .sub(0.5)
          .mul(2 * Math.PI),
      ),
    );
  const flip = dealer.gated('flip?', dealer.uniform('flip').mul(2).floor().mul(-2).add(1), 1);
  const quarters = dealer
    .uniform('quarter')
    .mul(4)
    .floor()
    .mul(Math.PI / 2);
  const whole = (name: 'shiftX' | 'shiftY', size: number): Tensor =>
    dealer.gated(
      'shift?',
      dealer
        .uniform(name)
        .sub(0.5)
        .mul(size / 4)
        .round(),
      0,
    );
  const scale = dealer.gated('scale?', dealer.factor('scale', 0.2), 1);
  const stretch = dealer.gated('stretch?', dealer.factor('stretch', 0.2), 1);
  const move = (name: 'moveX' | 'moveY', size: number): Tensor =>
    dealer.gated('move?', dealer.normal(name).mul(size / 8), 0);
  // Inverses, the first transformation leftmost.
  return product([
    scaling(flip, 1),
    rotation(dealer.gated('quarter?', quarters, 0)),
    translation(whole('shiftX', width).neg(), whole('shiftY', height).neg()),
    scaling(scale.reciprocal(), scale.reciprocal()),
    turn('before'),
    scaling(stretch.reciprocal(), stretch),
    turn('after'),
    translation(move('moveX', width).neg(), move('moveY', height).neg()),
  ]);
}

/**
 * What becomes of a colour (r, g, b, 1): matrices [N, 4, 4] of brightness, contrast, the flip of the luma axis, hue and saturation, in
 * this order.
 */
export function colour(dealer: Dealer): Tensor {
  const bright = dealer.gated('brightness?', dealer.normal('brightness').mul(0.2), 0);
  const contrast = dealer.gated('contrast?', dealer.factor('contrast', 0.5), 1);
  const luma = dealer.gated('luma?', dealer.uniform('luma').mul(2).floor(), 0);
  const angle = dealer.gated(
    'hue?',
    dealer
      .uniform('hue')
      .sub(0.5)
      .mul(2 * Math.PI),
    0,
  );
  const saturation = dealer.gated('saturation?', dealer.factor('saturation', 1), 1);
  // Along the grey axis v = (1, 1, 1) / √3, and across it: everything but brightness is a·I + b·vvᵀ + c·[v]ₓ.
  const [cosine, sine] = [angle.cos(), angle.sin()];
  return product([
    aboutGrey({ identity: saturation, grey: saturation.rsub(1) }),
    aboutGrey({ identity: cosine, grey: cosine.rsub(1), cross: sine }),
    aboutGrey({ identity: onesLike(luma), grey: luma.mul(-2) }),
    aboutGrey({ identity: contrast, grey: zerosLike(contrast) }),
    matrices([
      [1, 0, 0, bright],
      [0, 1, 0, bright],
      [0, 0, 1, bright],
      [0, 0, 0, 1],
    ]),
  ]);
}

interface AboutGrey {
  readonly identity: Tensor;
  readonly grey: Tensor;
  readonly cross?: Tensor;
}

function aboutGrey({ identity, grey, cross }: AboutGrey): Tensor {
  const third = grey.div(3);
  const same = identity.add(third);
  const turned = (cross ?? zerosLike(grey)).div(Math.sqrt(3));
  const [next, previous] = [third.sub(turned), third.add(turned)];
  return matrices([
    [same, next, previous, 0],
    [previous, same, next, 0],
    [next, previous, same, 0],
    [0, 0, 0, 1],
  ]);
}
