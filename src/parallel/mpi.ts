import { argumentError } from '../check';
import { GanError, messageOf, UsageError } from '../errors';
import { native } from '../native/addon';
import type { NativeMpi } from '../native/mpi';
import type { DType } from '../native/types';
import { fromBytes } from '../tensor/create';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { type Bucket, bucketsOf, describeBuckets, flatten, unflatten } from './buckets';
import type { Json, ProcessGroup, Reduction } from './group';

/** A dtype that MPI reduces. */
type Reducible = 'float32' | 'float64' | 'int64';

/** The one that each dtype is reduced in. */
const REDUCED_IN: Readonly<Record<DType, Reducible>> = {
  float32: 'float32',
  float64: 'float64',
  float16: 'float32',
  bfloat16: 'float32',
  uint8: 'int64',
  int8: 'int64',
  int16: 'int64',
  int32: 'int64',
  int64: 'int64',
  bool: 'int64',
};

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
  #closed = false;

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
    this.#meet(`all-reduce (${operation}) of ${count(tensors)}`, buckets);
    for (const bucket of buckets) this.#reduce(bucket, operation);
  }

  broadcast(tensors: readonly Tensor[], root = 0): void {
    if (!(Number.isInteger(root) && root >= 0 && root < this.size))
      throw argumentError('broadcast', `root to be a rank, 0 to ${this.size - 1},`, root);
    const buckets = bucketsOf(tensors, (dtype) => dtype);
    this.#meet(`broadcast from rank ${root} of ${count(tensors)}`, buckets);
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
    const texts = failing(() => this.#mpi.gather(JSON.stringify(value), 'gather'));
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
    failing(() => this.#mpi.enter(activity, seconds));
  }

  close(): void {
    if (this.#closed) return;
    this.#meet('the end', []);
    this.#forget();
    failing(() => this.#mpi.close());
  }

  #reduce(bucket: Bucket, operation: Reduction): void {
    const dtype = REDUCED_IN[bucket.dtype];
    scope(() => {
      const row = flatten(bucket, dtype);
      const send = native().toBuffer(row.handle);
      const receive = new ArrayBuffer(send.byteLength);
      this.#travel([send, receive], () =>
        this.#mpi.allReduce(send, receive, dtype, operation === 'mean' ? 'sum' : operation),
      );
      const result = fromBytes(receive, { shape: row.shape, dtype });
      unflatten(bucket, operation === 'mean' ? result.div_(this.size) : result);
    });
  }

  #meet(call: string, buckets: readonly Bucket[]): void {
    this.#requireOpen();
    const what = buckets.length === 0 ? '' : `: ${describeBuckets(buckets)}`;
    failing(() => this.#mpi.meet(call + what));
  }

  #travel(buffers: readonly ArrayBuffer[], body: () => void): void {
    try {
      failing(body);
    } catch (error) {
      stranded.push(...buffers);
      throw error;
    }
  }

  #requireOpen(): void {
    if (this.#closed) throw new GanError('ERR_PARALLEL', 'expected an open group but this one was closed');
  }

  /** The process ends: one that failed tells the others, and one that has done its part waits for them. */
  #leave(code: number): void {
    if (this.#closed) return;
    if (code !== 0) {
      this.#forget();
      this.#mpi.leave(code);
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

function count(tensors: readonly Tensor[]): string {
  return tensors.length === 1 ? '1 tensor' : `${tensors.length} tensors`;
}

function requireFloating(dtype: DType): void {
  if (REDUCED_IN[dtype] === 'int64')
    throw new UsageError(
      `allReduce expects tensors of floating dtype for a mean but received ${dtype}: take the sum`,
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
