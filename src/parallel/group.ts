import { type BatchNormOptions, batchNorm } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';

/** A value that JSON has words for. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** What becomes of the values of all members. */
export type Reduction = 'sum' | 'mean' | 'max' | 'min';

/**
 * Processes that train one model together, and what they do in common. All of it blocks, and every member must call the same in the same order.
 *
 * Each wait has a deadline. Past it the call throws `ERR_PARALLEL`, and names the member that did not come and what it did last; so it does at
 * once where a member has ended, or came to another call.
 */
export interface ProcessGroup {
  /** 0 … `size` − 1 */
  readonly rank: number;
  readonly size: number;
  readonly engine: 'mpi' | 'nccl' | 'alone';
  /**
   * Replaces each tensor, in place, by the sum, mean, max or min over all members, the same bits at each. They travel in buckets of 25 MB a
   * dtype; float16 and bfloat16 are reduced in float32. Any device of the engine, any memory format (kept).
   *
   * @throws UsageError for the mean of integers
   */
  allReduce(tensors: readonly Tensor[], operation: Reduction): void;
  /**
   * The sum of the members' tensors at each of them, the same bits at all; float32 or float64, without limit in size. Its gradients, of every
   * order, are such sums: where it was called, all members must run the same backward passes, in the same order.
   *
   * @throws UsageError for another dtype
   */
  sum(tensor: Tensor): Tensor;
  /**
   * Batch norm in training, over the batches of all members, which bring as many values a channel each; running statistics move by them. Its
   * gradients, of every order, are those of one process with the whole batch, and take sums over all as {@link ProcessGroup.sum} does.
   * Statistics are in float32 at least.
   */
  batchNorm(input: Tensor, options: BatchNormOptions): Tensor;
  /** Replaces each tensor, in place, by that of `root` (0). */
  broadcast(tensors: readonly Tensor[], root?: number): void;
  /** The value of each member, in the order of ranks, at every member. */
  gather(value: Json): Json[];
  /** Waits for all. */
  barrier(): void;
  /** Seconds this process has waited for others since the last call. */
  takeWaited(): number;
  /**
   * What this process does from now on (`data`, `phase D`, `checkpoint`, …): told to the others where it fails to come.
   *
   * @param seconds how long the others wait for it while it does that, where that is longer than the group's deadline
   */
  enter(activity: string, seconds?: number): void;
  /** Waits for all and leaves the group. */
  close(): void;
}

/** One process: every operation is the identity, free of cost. */
export const alone: ProcessGroup = {
  rank: 0,
  size: 1,
  engine: 'alone',
  allReduce() {},
  sum: (tensor) => tensor,
  batchNorm,
  broadcast() {},
  gather: (value) => [value],
  barrier() {},
  takeWaited: () => 0,
  enter() {},
  close() {},
};
