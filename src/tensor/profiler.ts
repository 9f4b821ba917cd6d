import { native } from '../native/addon';
import type { Handle } from '../native/types';
import { isThenable } from './promise';

/** What an event is: an operator, a node of autograd's graph, a {@link span}, or work on a device (a kernel, a copy). */
export type EventKind = 'op' | 'node' | 'span' | 'device';

/** Something that ran between {@link startProfiling} and {@link stopProfiling}. */
export interface ProfileEvent {
  readonly kind: EventKind;
  /** E.g. `aten::convolution`. */
  readonly name: string;
  /** Dtypes and shapes of an operator's tensors, e.g. `float 64×3×32×32, float 128×3×4×4`. */
  readonly inputs: string;
  readonly thread: number;
  /** Milliseconds since profiling began. */
  readonly start: number;
  /** Milliseconds. */
  readonly duration: number;
  /** Its number among the operators, nodes and spans. */
  readonly id: number;
  /** Of work on a device: the operator, node or span that started it, 0 where none did. */
  readonly cause: number;
}

/** In the order of `Kind` in native/profile.cc. */
const KINDS: readonly EventKind[] = ['op', 'node', 'span', 'device'];
/** As `kColumns` there. */
const COLUMNS = 8;

let profiling = false;
/** Spans that have not ended. */
const open = new Set<Handle>();

/**
 * Starts LibTorch's profiler (kineto): every operator that runs from now on in this JavaScript thread, or for it on autograd's
 * threads, is recorded with its input shapes; on CUDA its kernels too. A recorded operator costs about two microseconds.
 *
 * @throws TorchError `ERR_PROFILING` where the process is profiling already
 */
export function startProfiling(): void {
  native().startProfiling();
  profiling = true;
  process.once('exit', stopAtExit);
}

/** A profile that is still taken while the process tears LibTorch down ends it by SIGSEGV, in a destructor of LibTorch's own. */
function stopAtExit(): void {
  stopProfiling();
}

/**
 * Ends the profile.
 *
 * @param options.trace - a file to write as a Chrome trace, for chrome://tracing or https://ui.perfetto.dev
 * @returns what ran, in no particular order
 * @throws TorchError `ERR_PROFILING` where no profile is taken
 */
export function stopProfiling({ trace = '' }: { readonly trace?: string } = {}): ProfileEvent[] {
  profiling = false;
  process.off('exit', stopAtExit);
  // A span must not outlive the profile it is part of.
  for (const handle of open) close(handle);
  const [texts, buffer] = native().stopProfiling(trace);
  const values = new Float64Array(buffer);
  return Array.from({ length: values.length / COLUMNS }, (_, row) => {
    const [kind, name, inputs, thread, start, duration, id, cause] = values.subarray(row * COLUMNS);
    return {
      kind: KINDS[kind],
      name: texts[name],
      inputs: texts[inputs],
      thread,
      start,
      duration,
      id,
      cause,
    };
  });
}

/**
 * Runs `body` under a name that profiles show it by, within the spans around it. Costs nothing where no profile is taken. The
 * span of an asynchronous body ends when its promise does.
 */
export function span<T>(name: string, body: () => T): T {
  if (!profiling) return body();
  const handle = native().openSpan(name);
  open.add(handle);
  let pending = false;
  try {
    const result = body();
    if (isThenable(result)) {
      pending = true;
      result.then(
        () => close(handle),
        () => close(handle),
      );
    }
    return result;
  } finally {
    if (!pending) close(handle);
  }
}

function close(handle: Handle): void {
  if (open.delete(handle)) native().closeSpan(handle);
}
