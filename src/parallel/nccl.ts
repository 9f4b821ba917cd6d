import { argumentError } from '../check';
import { GanError, hasCode, messageOf } from '../errors';
import { native } from '../native/addon';
import type { Handle } from '../native/types';
import type { BatchNormOptions } from '../tensor/functional';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { wrap } from '../tensor/wrap';
import { type Bucket, bucketsOf, describeBuckets, owned, unflatten } from './buckets';
import type { Meeting, Place } from './environment';
import type { Json, ProcessGroup, Reduction } from './group';
import { nativeBatchNorm } from './native-batch-norm';
import { countOf, REDUCED_IN, requireFloating, requireSummable } from './reducing';
import { Meetings } from './store';

/** Where a process joins, and how long its calls wait for others. */
export interface NcclPlace extends Pick<Place, 'rank' | 'size'>, Meeting {
  readonly device: string;
  readonly patienceSeconds: number;
}

/**
 * Processes with a GPU each, connected by NCCL. The host waits for others in `gather` and `barrier`, and the first time that tensors of some kind are
 * reduced or broadcast; later the GPUs wait for each other, also where a CUDA graph is replayed, and NCCL ends a process whose GPU has waited past
 * the deadline.
 */
export class NcclGroup implements ProcessGroup {
  readonly engine = 'nccl';
  readonly rank: number;
  readonly size: number;
  readonly #group: Handle;
  readonly #meetings: Meetings;
  readonly #met = new Set<string>();
  readonly #onExit = (code: number): void => this.#leave(code);
  #closed = false;

  /**
   * @throws GanError `ERR_NO_NCCL` where the addon has no NCCL, `ERR_NO_CUDA` where the GPU cannot be used, `ERR_PARALLEL` where the others cannot be
   * reached, or the port is in use
   */
  constructor({ rank, size, address, port, device, patienceSeconds }: NcclPlace) {
    this.rank = rank;
    this.size = size;
    try {
      this.#group = native().joinNccl(address, port, rank, size, device, patienceSeconds);
    } catch (error) {
      // What is missing on this machine says so itself.
      if (hasCode(error, 'ERR_NO_NCCL') || hasCode(error, 'ERR_NO_CUDA')) throw error;
      const advice = rank === 0 ? 'is the port in use?' : 'does rank 0 run there?';
      throw new GanError(
        'ERR_PARALLEL',
        `expected ${size} processes to meet at ${address}:${port} (MASTER_ADDR, MASTER_PORT), but ${messageOf(error).split('\n')[0]}; ${advice}`,
        { cause: error },
      );
    }
    const store = {
      set: (key: string, value: string) => native().setInStore(this.#group, key, value),
      get: (key: string) => native().getFromStore(this.#group, key),
      delete: (key: string) => native().deleteFromStore(this.#group, key),
    };
    this.#meetings = new Meetings(store, { rank, size, patience: patienceSeconds });
    process.on('exit', this.#onExit);
  }

  allReduce(tensors: readonly Tensor[], operation: Reduction): void {
    const buckets = bucketsOf(tensors, (dtype) => REDUCED_IN[dtype]);
    if (operation === 'mean') for (const { dtype } of buckets) requireFloating(dtype);
    this.#meetOnce(`all-reduce (${operation}) of ${countOf(tensors)}`, buckets);
    for (const bucket of buckets)
      scope(() => {
        const row = owned(bucket, REDUCED_IN[bucket.dtype]);
        native().reduceOfAll(this.#group, [row.handle], operation);
        unflatten(bucket, row);
      });
  }

  sum(tensor: Tensor): Tensor {
    requireSummable(tensor);
    this.#meetOnce(
      'sum with gradients',
      bucketsOf([tensor], (dtype) => dtype),
    );
    return wrap(native().sumOfAll(this.#group, tensor.handle), 'sum');
  }

  batchNorm(input: Tensor, options: BatchNormOptions): Tensor {
    this.#meetOnce(`batch norm of ${input.shape.join(' × ')}`, []);
    return nativeBatchNorm(this.#group, this.size, { input, options });
  }

  broadcast(tensors: readonly Tensor[], root = 0): void {
    if (!(Number.isInteger(root) && root >= 0 && root < this.size))
      throw argumentError('broadcast', `root to be a rank, 0 to ${this.size - 1},`, root);
    const buckets = bucketsOf(tensors, (dtype) => dtype);
    this.#meetOnce(`broadcast from rank ${root} of ${countOf(tensors)}`, buckets);
    for (const bucket of buckets)
      scope(() => {
        const row = owned(bucket, bucket.dtype === 'bool' ? 'uint8' : bucket.dtype);
        native().ncclBroadcast(this.#group, row.handle, root);
        if (this.rank !== root) unflatten(bucket, row);
      });
  }

  gather(value: Json): Json[] {
    this.#requireOpen();
    return this.#meetings.meet('gather', JSON.stringify(value)).map((text): Json => JSON.parse(text));
  }

  barrier(): void {
    this.#requireOpen();
    this.#meetings.meet('barrier');
  }

  takeWaited(): number {
    return this.#meetings.takeWaited();
  }

  enter(activity: string, seconds?: number): void {
    this.#requireOpen();
    this.#meetings.enter(activity, seconds);
  }

  close(): void {
    if (this.#closed) return;
    this.#meetings.meet('the end');
    this.#forget();
    native().leaveNccl(this.#group);
  }

  #meetOnce(call: string, buckets: readonly Bucket[]): void {
    this.#requireOpen();
    const what = `${call}: ${describeBuckets(buckets)}`;
    if (this.#met.has(what)) return;
    this.#met.add(what);
    this.#meetings.meet(what);
  }

  #requireOpen(): void {
    if (this.#closed) throw new GanError('ERR_PARALLEL', 'expected an open group but this one was closed');
  }

  #leave(code: number): void {
    if (this.#closed) return;
    this.#forget();
    try {
      this.#meetings.leave(code);
    } catch {
      // Rank 0 is gone: nobody is left to be told.
    }
  }

  #forget(): void {
    this.#closed = true;
    process.off('exit', this.#onExit);
  }
}
