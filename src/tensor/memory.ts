import { native } from '../native/addon';

/** What is alive in this JavaScript environment, counted exactly. */
export interface MemoryUse {
  /** Live tensors. */
  readonly tensors: number;
  /** Bytes of their storages; views of one storage count once. */
  readonly bytes: number;
  /** Live random generators. */
  readonly generators: number;
}

/** Counts what is alive; looks at every tensor, so not for a hot loop. */
export function memory(): MemoryUse {
  const [tensors, bytes, generators] = native().liveTensors();
  return { tensors, bytes, generators };
}

/** What a CUDA device's caching allocator holds, in bytes. */
export interface CudaMemoryUse {
  readonly allocated: number;
  readonly reserved: number;
  /** Highest `allocated` so far. */
  readonly peak: number;
  /** The device's memory in all. */
  readonly total: number;
}

/** @throws TorchError `ERR_NO_CUDA` without a CUDA LibTorch or device. */
export function cudaMemory(device = 'cuda'): CudaMemoryUse {
  const [allocated, reserved, peak, total] = native().cudaMemory(device);
  return { allocated, reserved, peak, total };
}
