import { argumentError, oneOf, positiveInteger } from '../check';
import { UsageError } from '../errors';
import type { ProcessGroup } from '../parallel/group';
import type { GraphCapture } from './graph-capture';
import type { Precision } from './manifest';
import { checkModel, type Model } from './model';
import type { Networks } from './phase';

/** A model, and how to compute. */
export interface TrainerOptions<N extends Networks = Networks> extends Model<N> {
  /** `auto` (CUDA where it can be used), `cpu`, `cuda` or `cuda:N` (`auto`). */
  readonly device?: string;
  /** Of latents and dropout (0). Initial weights are drawn before: `manualSeed` first makes them repeat. */
  readonly seed?: number;
  /**
   * `bf16` computes losses under autocast; parameters, gradients, optimizer states and averages stay float32. `auto` takes the faster
   * one: {@link Trainer.choosePrecision} (`auto`).
   */
  readonly precision?: 'auto' | Precision;
  /** Bit-equal runs on CUDA too, at some cost: `setDeterministic(true)`; `auto` precision is fp32 then (false). */
  readonly deterministic?: boolean;
  /**
   * Lets cuDNN time its convolution kernels in the first steps, before they are captured, and keep the fastest (true on CUDA, unless runs are
   * to be equal): a clock decides then, and other runs may round otherwise.
   */
  readonly searchKernels?: boolean;
  /**
   * In how many parts each phase takes its batch (1): parts of the loader's size, each with its own images and latents, whose losses are
   * averaged before the optimizer steps. Networks without batch norm learn as from one batch as many times as large, in the memory of
   * one part. Batch norm takes its statistics from a part. What networks make for phases to share is made again for each.
   */
  readonly accumulate?: number;
  /** How images and convolution weights lie in memory (`channels_last`: faster on CPU and CUDA). */
  readonly memoryFormat?: 'contiguous' | 'channels_last';
  /**
   * Captures each phase as a CUDA graph after a few steps, and replays it (true; nothing else than CUDA has them). A loss must
   * then do the same in every step; one that cannot be captured is found out and runs as it is. A function makes the capture
   * for a device of any kind: for tests.
   */
  readonly graphs?: boolean | ((device: string) => GraphCapture);
  /**
   * Processes that train the model together, each with a trainer of its own: batches are then those of all, of which each takes its share, and
   * every one must make the same calls (this process alone).
   */
  readonly group?: ProcessGroup;
  /**
   * Batch norms normalise by the whole batch of `group`, not by this process's share (false): a training is then that of one process with that
   * batch, for a wait in every layer, forward and back. Statistics are in float32 or more.
   */
  readonly syncBatchNorm?: boolean;
}

/** @throws UsageError for options that are none, and as `checkModel` for the model */
export function checkTrainerOptions<N extends Networks>(options: TrainerOptions<N>): void {
  if (typeof options !== 'object' || options === null)
    throw argumentError('Trainer', 'a model, { networks, phases, … },', options);
  checkModel(options);
  const { precision = 'auto', memoryFormat = 'channels_last', accumulate = 1 } = options;
  oneOf('Trainer', 'precision', precision, ['auto', 'fp32', 'bf16']);
  oneOf('Trainer', 'memoryFormat', memoryFormat, ['contiguous', 'channels_last']);
  positiveInteger('Trainer', 'accumulate', accumulate);
  if (options.deterministic && options.searchKernels)
    throw new UsageError('searchKernels expects deterministic to be false: a clock chooses the kernels');
}
