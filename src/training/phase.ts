import type { Module } from '../nn/module';
import type { OptimizerFactory } from '../optim/optimizer';
import type { Tensor } from '../tensor/tensor';
import type { LatentParts } from './latent';

/** The networks of a model, by name: the names are used in phases, checkpoints and error messages. */
export type Networks = Readonly<Record<string, Module>>;

/** Tensors by name, each there when it is asked for; a name that is not known throws an error that lists those that are. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** What a phase's loss can see of the current step. */
export interface Step<N extends Networks = Networks> {
  /** The networks as the user left them, training or at rest; those the phase does not train are frozen. */
  readonly networks: N;
  /** What the loader gives: `batch.images` float32 [N, C, H, W] in [−1, 1], `batch.labels` int64 [N], or other names. */
  readonly batch: Tensors;
  /**
   * What networks make, by the names of the model's `makes`: with its graph in a phase that trains the network, detached in any other.
   * Made on first use, and shared by the phases of a step until one repeats, or has moved a network that makes something.
   */
  readonly made: Tensors;
  /** Latents [N, z, …]: those that `made` was made from. */
  readonly latents: Tensor;
  /** The parts of `latents`: noise, classes as 0 and 1, continuous codes. */
  readonly latentParts: LatentParts;
  /** Classes [N] (int64) that `latents` name; throws where they have none. */
  readonly latentLabels: Tensor;
  /** Steps done before this one. */
  readonly index: number;
  /**
   * A number [] that depends on the step: `scheduled((step) => Math.min(1, step / 1000))`. Unlike `index` it may be used where
   * phases are captured as CUDA graphs.
   */
  scheduled(value: (index: number) => number): Tensor;
  /** Names a scalar for the log beside the phase's loss, e.g. `step.log('D(real)', logits.mean())`. */
  log(name: string, value: Tensor | number): void;
}

/**
 * One optimisation step over some of the networks: what it trains, how, how often, and the loss.
 * A GAN has two, `D` and `G`; WGAN-GP the same with `repeat: 5` on `D`; lazy R1 is a phase with `every: 16`.
 */
export interface Phase<N extends Networks = Networks> {
  /** The loss's name in reports, logs and errors. */
  readonly name: string;
  /** The networks whose parameters move. */
  readonly trains: (keyof N & string) | readonly (keyof N & string)[];
  /**
   * E.g. `optim.adam({ lr: 2e-4, betas: [0.5, 0.999] })`. Phases that train the same networks and hold the same one, the value
   * itself, share its state; else each phase has a state of its own.
   */
  readonly optimizer: OptimizerFactory;
  /** Runs in every `every`-th step only (1). */
  readonly every?: number;
  /** Whether it runs in step `index`: a training in stages has phases that begin, or end, on its way (in all steps). */
  readonly during?: (index: number) => boolean;
  /** Runs so many times a step, each time with a new batch and new latents; or how often in step `index`, e.g. more at the start (1). */
  readonly repeat?: number | ((index: number) => number);
  /** Runs before the loss, e.g. to clip weights. */
  readonly before?: (networks: N) => void;
  /** Clips the phase's gradients to this total L2 norm. */
  readonly clipGradNorm?: number;
  /** A tensor of one number to minimise, which depends on what the phase trains; not async. */
  readonly loss: (step: Step<N>) => Tensor;
}
