import { UsageError } from '../errors';
import { Sigmoid, Softmax } from '../nn/activation';
import { BatchNorm1d, BatchNorm2d } from '../nn/batch-norm';
import type { Module } from '../nn/module';
import { Flatten, Identity, Reshape, Unflatten } from '../nn/shape';
import { SpectralNorm } from '../nn/spectral-norm';

/** What phases do to keep a critic's slope in bounds; spectral norm is seen in the network. */
export type Constraint = 'clipping' | 'gradient-penalty' | 'dragan' | 'r1' | 'r2';

/** The combinations that are known to fail, by name. */
export const HAZARDS = [
  'batch-norm-with-gradient-penalty',
  'batch-norm-in-one-batch',
  'probabilities-for-logits',
  'unbounded-critic',
  'momentum-with-clipping',
  'smoothing-without-targets',
  'minimax-with-critic-steps',
] as const;

/** One of {@link HAZARDS}. */
export type Hazard = (typeof HAZARDS)[number];

/** What the phases of a GAN put together. */
export interface Combination {
  /** The discriminator or critic, and others whose last layer gives logits. */
  readonly judges: Readonly<Record<string, Module>>;
  /** The adversarial loss, e.g. `wasserstein`. */
  readonly loss: string;
  readonly constraints?: readonly Constraint[];
  /** Whether real images and fakes go through the discriminator as one batch (false). */
  readonly oneBatch?: boolean;
  /** Of the discriminator's optimizer: Adam's first beta, or a momentum (0). */
  readonly momentum?: number;
  /** 0 for none. */
  readonly labelSmoothing?: number;
  /** Steps of the discriminator for each of the generator's (1). */
  readonly criticSteps?: number;
}

/** A combination that is known to fail, and what to do instead. */
export interface Finding {
  readonly hazard: Hazard;
  /** One line. */
  readonly message: string;
}

/** Penalties of each image's own gradient. */
const PER_IMAGE: readonly Constraint[] = ['gradient-penalty', 'dragan', 'r1', 'r2'];
const WITH_TARGETS: readonly string[] = ['non-saturating', 'minimax', 'least-squares'];

/** Names the known-bad combinations among networks and what the phases do with them; an empty list where there is none. */
export function lint(combination: Combination): Finding[] {
  const { judges, loss, constraints = [], oneBatch } = combination;
  const { momentum = 0, labelSmoothing = 0, criticSteps = 1 } = combination;
  const findings: Finding[] = [];
  const report = (hazard: Hazard, message: string): void => {
    findings.push({ hazard, message });
  };
  const penalty = constraints.find((name) => PER_IMAGE.includes(name));
  for (const [name, judge] of Object.entries(judges)) {
    const norm = normIn(judge);
    if (norm && penalty)
      report(
        'batch-norm-with-gradient-penalty',
        `${norm.constructor.name} in ${name} with the penalty ${penalty}: it makes each image's gradient depend on the others; use layer norm or none`,
      );
    if (norm && oneBatch)
      report(
        'batch-norm-in-one-batch',
        `${norm.constructor.name} in ${name} with real images and fakes in one batch: they share statistics; pass them separately`,
      );
    const end = lastLayer(judge);
    if (end instanceof Sigmoid || end instanceof Softmax)
      report(
        'probabilities-for-logits',
        `${end.constructor.name} at the end of ${name}: losses take logits; leave it out`,
      );
  }
  const networks = Object.values(judges);
  if (loss === 'wasserstein' && constraints.length === 0 && !networks.some(hasSpectralNorm))
    report(
      'unbounded-critic',
      'a Wasserstein critic with nothing that keeps its slope in bounds: clip its weights, penalise its gradient or use spectral norm',
    );
  if (constraints.includes('clipping') && momentum > 0)
    report(
      'momentum-with-clipping',
      `clipped weights with an optimizer's momentum of ${momentum}: it pushes them against the bounds; use RMSprop, or a first beta of 0`,
    );
  if (labelSmoothing > 0 && !WITH_TARGETS.includes(loss))
    report(
      'smoothing-without-targets',
      `label smoothing of ${labelSmoothing} with the loss ${loss}, which has no targets: leave one of the two`,
    );
  // Arjovsky and Bottou 2017, theorem 2.4.
  if (loss === 'minimax' && criticSteps > 1)
    report(
      'minimax-with-critic-steps',
      `the minimax loss with ${criticSteps} steps of the discriminator for each of the generator's: the better it gets, the less gradient is left for the generator; use non-saturating, or one step`,
    );
  return findings;
}

/**
 * Refuses combinations that {@link lint} finds, unless they are allowed by name. For the start of a training.
 *
 * @throws UsageError with the first finding, and how to allow it
 */
export function refuseHazards(
  combination: Combination,
  { allow = [] }: { readonly allow?: readonly string[] } = {},
): void {
  const finding = lint(combination).find(({ hazard }) => !allow.includes(hazard));
  if (finding) throw new UsageError(`${finding.message}, or allow ${finding.hazard}`);
}

function normIn(network: Module): Module | undefined {
  return network.modules().find((layer) => layer instanceof BatchNorm1d || layer instanceof BatchNorm2d);
}

function hasSpectralNorm(network: Module): boolean {
  return network.modules().some((layer) => layer instanceof SpectralNorm);
}

/** Layers that leave numbers as they are. */
const OF_SHAPE: readonly unknown[] = [Flatten, Unflatten, Reshape, Identity];

/** What a network's numbers come from in the end: the last of its last child's that is not of their shape alone, and so on. */
function lastLayer(network: Module): Module {
  const last = network.children().findLast((child) => !OF_SHAPE.includes(child.constructor));
  return last ? lastLayer(last) : network;
}
