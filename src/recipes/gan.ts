import type { ImageSize } from '../data/image-size';
import { UsageError } from '../errors';
import type { AdversarialLoss } from '../losses/adversarial';
import { historicalAverage } from '../losses/historical-average';
import { type Constraint, refuseHazards } from '../losses/lint';
import { clipWeights } from '../losses/regularizers';
import { type Term, total, weighted } from '../losses/total';
import type { Module } from '../nn/module';
import type { EmaOptions } from '../optim/ema';
import type { OptimizerFactory } from '../optim/optimizer';
import { lyingLike } from '../tensor/lying-like';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import type { Game } from '../training/game';
import type { Latent } from '../training/latent';
import { latentSampler } from '../training/latent-sampler';
import type { Model } from '../training/model';
import type { Phase, Step } from '../training/phase';
import { meanVerdict, scoreOf } from './adversarial';
import { AUGMENTATIONS, type Augmentation, type AugmentationName, augmentation } from './augmentation';

/** A penalty in D's own loss. */
export interface Penalty {
  readonly constraint: Constraint;
  /** Nothing is computed, nor refused, where it is 0. */
  readonly weight: number;
  /**
   * A number [] of a step’s images.
   *
   * @param critic D as it sees images, augmented: gradients are those at the images as they are
   */
  of(step: Step, critic: (images: Tensor) => Tensor): Tensor;
}

/** What every GAN's `--set` can ask for: the values of its `ganFields`, or a part of them. */
export interface GanConfig {
  /** How every image is changed before D sees it: `none`, `diffaugment` or `ada` (`none`). */
  readonly augment?: AugmentationName;
  /** λ of historical averaging (0). */
  readonly historical?: number;
  /** Half-life of the averaged weights of G in images, 0 for none (0). */
  readonly emaImages?: number;
  /** Steps before the averaging begins, which is then of that half-life at once (0: from the start, with a ramp). */
  readonly emaStart?: number;
  /** Combinations known to fail that are wanted all the same, with commas between (`none`). */
  readonly allow?: string;
}

/** What the phases of a GAN of one's own are built with. */
export interface GanParts extends Augmentation {
  readonly loss: AdversarialLoss;
}

/** What is a GAN's own. */
export interface GanOptions {
  readonly networks: { readonly generator: Module; readonly discriminator: Module };
  readonly latent: Latent;
  readonly loss: AdversarialLoss;
  readonly config?: GanConfig;
  /** How both networks are trained. */
  readonly optimizers: { readonly discriminator: OptimizerFactory; readonly generator: OptimizerFactory };
  /** Steps of D for each of G's; or how many in step `index` (1). */
  readonly criticSteps?: number | ((index: number) => number);
  /** Whether D and G are trained in step `index`; phases in `further` say it themselves (in all steps). */
  readonly during?: (index: number) => boolean;
  /** Passes real images and fakes through D as one batch: the same where no layer looks across the batch, and faster (false). */
  readonly oneBatch?: boolean;
  /** D's weights stay within ± this (as they are). */
  readonly clip?: number;
  /** Real images as D is to see them (the batch's). */
  readonly real?: (step: Step) => Tensor;
  /** Parts of the training (one). */
  readonly stages?: Model['stages'];
  /** To what the sampler enlarges smaller images (as they are made). */
  readonly size?: ImageSize;
  /** Added to D's loss (none). */
  readonly penalty?: Penalty;
  /** Added to G's loss (none). */
  readonly regularizer?: (step: Step) => Term;
  /** Phases after D and G, or what makes them of the parts (none). */
  readonly further?: readonly Phase[] | ((parts: GanParts) => readonly Phase[]);
  /**
   * Phases in place of D and G, and the penalties that are part of their losses. What the usual phases alone have, from `criticSteps` to
   * `regularizer`, is then theirs to do, and refused here; so is `historical`.
   */
  readonly own?: {
    readonly constraints?: readonly Constraint[];
    /** In the order in which they are trained. */
    phases(parts: GanParts): readonly Phase[];
  };
  /** Batches of standing statistics that averaged weights get, once it is trained, where nobody says how many (0). */
  readonly standingStatistics?: number;
  /** Pictures drawn beside the sample grids. */
  readonly grids?: Model['grids'];
  /** Networks beside G and D, for phases in `further` (none). */
  readonly others?: Readonly<Record<string, Module>>;
}

/**
 * A GAN: `made.fake` by `generator`, the phases D and G, what `config` adds to them (augmentation, historical averaging, averaged
 * weights), and the sampler. A latent that is conditional makes it a conditional GAN: D is told the class of each image.
 *
 * @throws UsageError for a combination that is known to fail, unless `config.allow` names it, an augmentation that there is not, and for
 *   options that phases of one's own would leave without effect; the networks are then released
 */
export function gan(options: GanOptions): Model {
  const {
    networks,
    latent,
    loss,
    config = {},
    own,
    grids,
    others,
    stages,
    size,
    standingStatistics,
  } = options;
  const { historical = 0, emaImages = 0, emaStart = 0 } = config;
  try {
    refuseIdle(options);
    refuse(options);
  } catch (error) {
    for (const network of Object.values(networks)) network.dispose();
    throw error;
  }
  const seen = augmentation(config.augment ?? 'none', loss);
  const parts: GanParts = { ...seen, loss };
  const { further = [] } = options;
  const history = historical > 0 ? histories(networks) : null;
  const anchor = (name: 'discriminator' | 'generator'): Term =>
    history && weighted(historical, () => history[name].penalty());
  return {
    networks: {
      ...networks,
      ...others,
      ...seen.networks,
      ...(history && { discriminatorHistory: history.discriminator, generatorHistory: history.generator }),
    },
    latent,
    makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
    phases: [
      ...(own?.phases(parts) ?? phasesOf(options, seen, anchor)),
      ...(typeof further === 'function' ? further(parts) : further),
    ],
    games: [gameOf(options)],
    ema: emaImages > 0 ? { generator: averaging(emaImages, emaStart) } : {},
    sampler: latentSampler({ by: 'generator', latent, size, standingStatistics }),
    ...(stages && { stages }),
    ...(grids && { grids }),
  };
}

/** By what the phases D and G log, a model's own too. */
function gameOf({ loss }: GanOptions): Game {
  return { generator: 'generator', discriminator: 'discriminator', ...scoreOf(loss, { logsVerdicts: true }) };
}

function averaging(halfLifeImages: number, start: number): EmaOptions {
  return start > 0 ? { halfLifeImages, start, rampUp: null } : { halfLifeImages };
}

/** D on real images and fakes, then G against the moved D. The log shows D's {@link meanVerdict} on each kind. */
function phasesOf(
  {
    latent,
    loss,
    optimizers,
    oneBatch = false,
    criticSteps,
    during,
    clip,
    penalty,
    real: realOf = ({ batch }) => batch.images,
    regularizer,
  }: GanOptions,
  { augment, observe }: Augmentation,
  anchor: (name: 'discriminator' | 'generator') => Term,
): Phase[] {
  const conditional = latent.conditional ?? false;
  const judge = ({ networks: { discriminator } }: Step, images: Tensor, labels: () => Tensor): Tensor =>
    conditional ? discriminator.forward(augment(images), labels()) : discriminator.forward(augment(images));
  const onReal = (step: Step): Tensor => judge(step, realOf(step), () => step.batch.labels);
  const onFake = (step: Step): Tensor => judge(step, step.made.fake, () => step.latentLabels);
  const onBoth = (step: Step): Tensor[] => {
    // Fakes first, whose random numbers come before those of D.
    const { fake } = step.made;
    if (!oneBatch) return [onReal(step), onFake(step)];
    const images = realOf(step);
    const labels = conditional ? [cat([step.batch.labels, step.latentLabels])] : [];
    const [real, made] = [augment(images), augment(fake)];
    return step.networks.discriminator
      .forward(cat([lyingLike(real, made), made]), ...labels)
      .split(images.shape[0]);
  };
  return [
    {
      name: 'D',
      trains: 'discriminator',
      optimizer: optimizers.discriminator,
      repeat: criticSteps,
      during,
      ...(clip !== undefined && { before: ({ discriminator }) => clipWeights(discriminator, clip) }),
      loss: (step) => {
        const [real, fake] = onBoth(step);
        observe(real, fake);
        step.log('D(real)', meanVerdict(loss, real));
        step.log('D(fake)', meanVerdict(loss, fake));
        const critic = (images: Tensor) => judge(step, images, () => step.batch.labels);
        return total(
          loss.discriminator(real, fake),
          penalty ? weighted(penalty.weight, () => penalty.of(step, critic)) : null,
          anchor('discriminator'),
        );
      },
    },
    {
      name: 'G',
      trains: 'generator',
      optimizer: optimizers.generator,
      during,
      loss: (step) =>
        total(
          loss.generator(onFake(step), () => onReal(step)),
          regularizer?.(step) ?? null,
          anchor('generator'),
        ),
    },
  ];
}

/** Refuses what is known to fail, by what the phases are built of. */
function refuse({
  networks,
  loss,
  config,
  optimizers,
  oneBatch,
  clip,
  penalty,
  criticSteps,
  own,
}: GanOptions): void {
  const constraints: Constraint[] = [...(own?.constraints ?? [])];
  if (clip !== undefined) constraints.push('clipping');
  if (penalty && penalty.weight > 0) constraints.push(penalty.constraint);
  const combination = {
    judges: { discriminator: networks.discriminator },
    loss: loss.name ?? 'a loss of its own',
    constraints,
    oneBatch,
    momentum: optimizers.discriminator.momentum,
    labelSmoothing: loss.labelSmoothing,
    criticSteps: typeof criticSteps === 'number' ? criticSteps : 1,
  };
  refuseHazards(combination, { allow: (config?.allow ?? 'none').split(',') });
}

/** What the usual phases D and G alone have. */
const OF_USUAL_PHASES = ['criticSteps', 'during', 'clip', 'real', 'penalty', 'regularizer'] as const;

/** Refuses what would be ignored. */
function refuseIdle({ own, config = {}, ...options }: GanOptions): void {
  const { augment } = config;
  if (augment !== undefined && !AUGMENTATIONS.includes(augment))
    throw new UsageError(
      `gan: expected augment to be one of ${AUGMENTATIONS.join(', ')} but received ${JSON.stringify(augment)}`,
    );
  if (!own) return;
  const idle: string[] = OF_USUAL_PHASES.filter((name) => options[name] !== undefined);
  if ((config.historical ?? 0) > 0) idle.push('config.historical');
  if (idle.length > 0)
    throw new UsageError(
      `gan: ${idle.join(', ')} would do nothing beside phases of its own: leave ${idle.length > 1 ? 'them' : 'it'} out, and have the phases do it`,
    );
}

/**
 * Historical averaging (Salimans et al. 2016): λ ‖θ − (1/t) Σ θᵢ‖² in each network's own loss; the means are networks of their own, and
 * saved with the others.
 */
function histories({ discriminator, generator }: GanOptions['networks']) {
  return { discriminator: historicalAverage(discriminator), generator: historicalAverage(generator) };
}
