import { refuseDuringCapture } from './capture';

let reads = 0;

/**
 * How often values were brought to the host so far (`item`, `toTypedArray`, `toArray`, `toBytes`, `equal`, `allclose`), or the
 * host waited for a device (`synchronize`): on CUDA each of them lets the device run dry. Tensors of the CPU count as well, so
 * that a loop can be judged without a GPU.
 */
export function hostReads(): number {
  return reads;
}

/** Counts one more; for whatever waits for a device. @throws GanError `ERR_CAPTURE` where that is captured */
export function countHostRead(): void {
  refuseDuringCapture('brings a value to the host');
  reads++;
}
