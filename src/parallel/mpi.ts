import { argumentError } from '../check';
import { GanError, messageOf } from '../errors';
import { native } from '../native/addon';
import type { NativeMpi } from '../native/mpi';
import { setupCommand } from '../native/root';
import type { Handle } from '../native/types';
import { fromBytes } from '../tensor/create';
import type { BatchNormOptions } from '../tensor/functional';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { handlesOf, wrap } from '../tensor/wrap';
import { type Bucket, bucketsOf, describeBuckets, flatten, owned, unflatten } from './buckets';
import type { Json, ProcessGroup, Reduction } from './group';
import { nativeBatchNorm } from './native-batch-norm';
import { countOf, REDUCED_IN, requireFloating, requireSummable } from './reducing';

/** Memory that MPI may still write to after a call that failed. */
const stranded: ArrayBuffer[] = [];

/** The processes that one mpirun started. What they exchange passes through memory of the host. */
export class MpiGroup implements ProcessGroup {
  readonly engine = 'mpi';
  readonly rank: number;
  readonly size: number;
  readonly #mpi: NativeMpi;
  readonly #patience: number;
  readonly #onExit = (code: number): void => this.#leave(code);
  /** What the other addon reduces by; 0 before the first time. */
  #reductions: Handle = 0;
  #closed = false;
  /** A call failed: who still waits for this process must be told that it does not come. */
  #failed = false;

  /**
   * Starts MPI, which a process does once.
   *
   * @param patienceSeconds how long a call waits for others
   * @throws GanError `ERR_PARALLEL`
   */
  constructor(mpi: NativeMpi, patienceSeconds: number) {
    this.#mpi = mpi;
    this.#patience = patienceSeconds;
    [this.rank, this.size] = failing(() => mpi.join(patienceSeconds));
    process.on('exit', this.#onExit);
  }

  allReduce(tensors: readonly Tensor[], operation: Reduction): void {
    const buckets = bucketsOf(tensors, (dtype) => REDUCED_IN[dtype]);
    if (operation === 'mean') for (const { dtype } of buckets) requireFloating(dtype);
    this.#requireOpen();
    const by = this.#joinReductions();
    const order = native().orderInMemory(by, handlesOf(tensors));
    const alike = this.#meet(`all-reduce (${operation}) of ${countOf(tensors)}`, buckets, order);
    for (const bucket of buckets)
      if (alike && order !== 0)
        this.#calling(() => native().reduceOfAll(by, handlesOf(bucket.tensors), operation));
      else this.#reduceRow(bucket, operation);
  }

  sum(tensor: Tensor): Tensor {
    requireSummable(tensor);
    this.#requireOpen();
    return this.#calling(() => wrap(native().sumOfAll(this.#joinReductions(), tensor.handle), 'sum'));
  }

  batchNorm(input: Tensor, options: BatchNormOptions): Tensor {
    this.#requireOpen();
    return this.#calling(() => nativeBatchNorm(this.#joinReductions(), this.size, { input, options }));
  }

  broadcast(tensors: readonly Tensor[], root = 0): void {
    if (!(Number.isInteger(root) && root >= 0 && root < this.size))
      throw argumentError('broadcast', `root to be a rank, 0 to ${this.size - 1},`, root);
    const buckets = bucketsOf(tensors, (dtype) => dtype);
    this.#meet(`broadcast from rank ${root} of ${countOf(tensors)}`, buckets);
    for (const bucket of buckets)
      scope(() => {
        const row = flatten(bucket, bucket.dtype);
        const data = native().toBuffer(row.handle);
        this.#travel([data], () => this.#mpi.broadcast(data, root));
        if (this.rank !== root) unflatten(bucket, fromBytes(data, { shape: row.shape, dtype: bucket.dtype }));
      });
  }

  gather(value: Json): Json[] {
    this.#requireOpen();
    const texts = this.#calling(() => this.#mpi.gather(JSON.stringify(value), 'gather'));
    return texts.map((text): Json => JSON.parse(text));
  }

  barrier(): void {
    this.#meet('barrier', []);
  }

  takeWaited(): number {
    this.#requireOpen();
    return this.#mpi.takeWaited();
  }

  enter(activity: string, seconds = this.#patience): void {
    this.#requireOpen();
    this.#calling(() => this.#mpi.enter(activity, seconds));
  }

  close(): void {
    if (this.#closed) return;
    this.#meet('the end', []);
    this.#forget();
    this.#calling(() => this.#mpi.close());
  }

  #joinReductions(): Handle {
    if (this.#reductions === 0) this.#reductions = native().joinHost(offeredBy(this.#mpi));
    return this.#reductions;
  }

  /** What does not lie in memory alike in all, or travels in another dtype, is reduced as a row of its own. */
  #reduceRow(bucket: Bucket, operation: Reduction): void {
    scope(() => {
      const row = owned(bucket, REDUCED_IN[bucket.dtype]);
      this.#calling(() => native().reduceOfAll(this.#joinReductions(), [row.handle], operation));
      unflatten(bucket, row);
    });
  }

  /** @returns whether all bring the same number */
  #meet(call: string, buckets: readonly Bucket[], brings = 0): boolean {
    this.#requireOpen();
    const what = buckets.length === 0 ? '' : `: ${describeBuckets(buckets)}`;
    return this.#calling(() => this.#mpi.meet(call + what, brings));
  }

  #travel(buffers: readonly ArrayBuffer[], body: () => void): void {
    try {
      this.#calling(body);
    } catch (error) {
      stranded.push(...buffers);
      throw error;
    }
  }

  #calling<T>(body: () => T): T {
    try {
      return failing(body);
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }

  #requireOpen(): void {
    if (this.#closed) throw new GanError('ERR_PARALLEL', 'expected an open group but this one was closed');
    if (this.#failed)
      throw new GanError('ERR_PARALLEL', 'expected a whole group but a call of it has failed');
  }

  /** The process ends: one that failed tells the others, and one that has done its part waits for them. */
  #leave(code: number): void {
    if (this.#closed) return;
    if (code !== 0 || this.#failed) {
      this.#forget();
      process.exitCode = code || 1;
      this.#mpi.leave(code || 1);
      return;
    }
    try {
      this.close();
    } catch (error) {
      process.exitCode = 1;
      process.stderr.write(`error: rank ${this.rank}: ${messageOf(error)}\n`);
    }
  }

  #forget(): void {
    this.#closed = true;
    process.off('exit', this.#onExit);
  }
}

function offeredBy(mpi: NativeMpi): object {
  if (mpi.reductions) return mpi.reductions();
  throw new GanError(
    'ERR_NO_MPI',
    `the addon for MPI is older than this library, and reduces in another way: run \`${setupCommand()}\``,
  );
}

/** Runs `body`; what the addon throws becomes `ERR_PARALLEL`. */
function failing<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw new GanError('ERR_PARALLEL', messageOf(error), { cause: error });
  }
}
