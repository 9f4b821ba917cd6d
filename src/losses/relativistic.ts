import { oneOf } from '../check';
import { TorchError } from '../native/torch-error';
import type { Tensor } from '../tensor/tensor';
import { type AdversarialLoss, logisticMargin } from './adversarial';

/** How a margin is judged: f(t), small where t is large. */
export type Margin = 'logistic' | 'hinge' | 'least-squares';

/** Options of the relativistic losses. */
export interface RelativisticOptions {
  /** f(t): `logistic` ln(1 + e^−t), `hinge` max(0, 1 − t), `least-squares` (t − 1)² (`logistic`). */
  readonly margin?: Margin;
}

/** f(0) of each. */
const AT_ZERO: Readonly<Record<Margin, number>> = { logistic: Math.LN2, hinge: 1, 'least-squares': 1 };

const MARGINS: Readonly<Record<Margin, (t: Tensor) => Tensor>> = {
  logistic: logisticMargin,
  hinge: (t) => t.rsub(1).relu(),
  'least-squares': (t) => t.sub(1).square(),
};

/**
 * Relativistic pairing (RpGAN, Jolicoeur-Martineau 2018): each real image against one fake, L_D = E[f(D(x) − D(G(z)))] and
 * L_G = E[f(D(G(z)) − D(x))]. Both sides need logits of one shape. With R1 and R2 on every step it converges locally
 * (Huang et al. 2024).
 *
 * @throws UsageError for an unknown margin; the loss throws TorchError `ERR_SHAPE` where real and fake logits do not pair
 */
export function relativistic(options: RelativisticOptions = {}): AdversarialLoss {
  const f = marginOf('relativistic', options);
  return {
    name: 'relativistic',
    ends: { guessing: AT_ZERO[options.margin ?? 'logistic'], knowing: 0 },
    discriminator: (real, fake) => f(difference(real, fake)).mean(),
    generator: (fake, real) => f(difference(fake, real())).mean(),
  };
}

/**
 * The relativistic average (RaGAN, Jolicoeur-Martineau 2018): each image against the mean of the other kind,
 * L_D = E[f(D(x) − E[D(G(z))])] + E[f(E[D(x)] − D(G(z)))], and L_G the same with real and fake exchanged.
 *
 * @throws UsageError for an unknown margin
 */
export function relativisticAverage(options: RelativisticOptions = {}): AdversarialLoss {
  const f = marginOf('relativisticAverage', options);
  const wins = (winner: Tensor, loser: Tensor): Tensor =>
    f(winner.sub(loser.mean()))
      .mean()
      .add(f(loser.sub(winner.mean()).neg()).mean());
  return {
    name: 'relativistic-average',
    ends: { guessing: 2 * AT_ZERO[options.margin ?? 'logistic'], knowing: 0 },
    discriminator: wins,
    generator: (fake, real) => wins(fake, real()),
  };
}

function marginOf(owner: string, { margin = 'logistic' }: RelativisticOptions): (t: Tensor) => Tensor {
  return MARGINS[oneOf(owner, 'margin', margin, ['logistic', 'hinge', 'least-squares'])];
}

/** a − b, element by element: broadcasting [N] with [N, 1] would pair every image with every other. */
function difference(a: Tensor, b: Tensor): Tensor {
  const [left, right] = [a, b].map(({ shape }) => `[${shape.join(', ')}]`);
  if (left !== right)
    throw new TorchError(
      `expected as many real as fake logits, of one shape, but received ${left} and ${right}`,
      'ERR_SHAPE',
      'relativistic',
    );
  return a.sub(b);
}
