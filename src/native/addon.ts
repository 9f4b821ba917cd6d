import type { NativeAddon } from './interface';
import { loadAddon } from './load';
import type { NativeOps } from './native-ops.generated';
import { spinIsChosen, withShortSpin } from './openmp';
import { TorchError } from './torch-error';

let current: NativeAddon | undefined;
let table: NativeOps | undefined;
let tuned = false;

/**
 * The addon, loaded on first use.
 *
 * @throws GanError `ERR_NO_ADDON` where it is not built or does not load.
 */
export function native(): NativeAddon {
  if (current) return current;
  current = tuned ? withShortSpin(() => loadAddon()) : loadAddon();
  if (tuned) current.tuneMemory();
  current.setErrorClass(TorchError);
  return current;
}

/**
 * Sets this process up for training with LibTorch: four settings that hold for the whole process, which is why importing the
 * library makes none of them. Call it in the main thread before anything else of the library; the command line does. It loads
 * nothing: what it asks for happens when LibTorch is loaded on first use. A second call changes nothing. Results are the same
 * bits either way. docs/performance.md has the measurements.
 *
 * - malloc (glibc) keeps what LibTorch frees, instead of returning it to the kernel and having its pages cleared anew in the next
 *   step. `MALLOC_MMAP_THRESHOLD_`, `MALLOC_TRIM_THRESHOLD_`, `MALLOC_TOP_PAD_` and `GLIBC_TUNABLES` of the environment win.
 * - Tensors of up to 1 KiB come from lists of free blocks, one a thread, which takes 100 ns off each small operator.
 * - Tensors of 64 KiB or more (glibc, and none of these variables set) use freed blocks of their size again. With those in use
 *   they take no more than the most that was in use at once, and 64 MiB.
 * - LibTorch's threads (GNU OpenMP) sleep after a short spin while they wait for each other, so that a busy machine does not slow
 *   them down several times. `OMP_WAIT_POLICY` and `GOMP_SPINCOUNT` of the environment win. OpenMP reads this while it is loaded:
 *   a call after the library's first use leaves it as it is, and says so in a warning of the process (`LIBTORCH_GAN_TUNED_LATE`).
 */
export function tuneProcess(): void {
  if (tuned) return;
  tuned = true;
  if (!current) return;
  current.tuneMemory();
  if (spinIsChosen()) return;
  process.emitWarning('tuneProcess() came after LibTorch was loaded, so its threads wait as they did', {
    code: 'LIBTORCH_GAN_TUNED_LATE',
    detail: 'Call it before anything else of libtorch-gan, or set GOMP_SPINCOUNT=3000 in the environment.',
  });
}

/**
 * The addon's operators. They lie in a prototype, where V8 finds a method once and remembers it; in an object of their own, so
 * many are searched at every call.
 *
 * @throws GanError `ERR_NO_ADDON` where the addon is not built or does not load.
 */
export function operators(): NativeOps {
  if (table === undefined) {
    const derived: NativeOps = Object.create(native().ops);
    table = derived;
  }
  return table;
}

/**
 * Runs `body` with another addon in place of the one that was loaded, as everything in this thread sees it: for what listens to its calls.
 */
export function withAddon<T>(addon: NativeAddon, body: () => T): T {
  const before = { current, table };
  current = addon;
  table = undefined;
  try {
    return body();
  } finally {
    ({ current, table } = before);
  }
}
