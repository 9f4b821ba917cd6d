import { native } from '../native/addon';
import { countHostRead } from './host-reads';

/** What LibTorch is and has here. */
export interface DeviceFacts {
  /** LibTorch's version, e.g. `2.13.0`. */
  readonly version: string;
  /** The instruction set its CPU kernels use, e.g. `AVX512`. */
  readonly cpuCapability: string;
  readonly threads: number;
  readonly builtWithCuda: boolean;
  /** Names of the CUDA devices that can be used. */
  readonly cudaDevices: readonly string[];
  /** cuDNN's version number, or an empty string. */
  readonly cudnn: string;
}

/** Asks LibTorch what it is and has. */
export function deviceFacts(): DeviceFacts {
  const addon = native();
  const count = addon.builtWithCuda() ? addon.cudaDeviceCount() : 0;
  return {
    version: addon.version(),
    cpuCapability: addon.cpuCapability(),
    threads: addon.threads(),
    builtWithCuda: addon.builtWithCuda(),
    cudaDevices: Array.from({ length: count }, (_, index) => addon.cudaDeviceName(`cuda:${index}`)),
    cudnn: addon.cudnnVersion(),
  };
}

/** A GPU's compute capability, e.g. [9, 0]. @throws TorchError `ERR_NO_CUDA` where it cannot be used */
export function cudaCapability(device: string): readonly [major: number, minor: number] {
  return native().cudaCapability(device);
}

/**
 * The device a word stands for: `auto` is `cuda` where a device can be used, else `cpu`; anything else is checked and given back.
 *
 * @throws TorchError `ERR_NO_CUDA` for a CUDA device that cannot be used, `ERR_INVALID_ARG` for an unknown word.
 */
export function resolveDevice(device: string): string {
  if (device === 'auto') return native().builtWithCuda() && native().cudaDeviceCount() > 0 ? 'cuda:0' : 'cpu';
  native().requireDevice(device);
  return device === 'cuda' ? 'cuda:0' : device;
}

/** Whether `device` is the CPU. */
export function isCpu(device: string): boolean {
  return device === 'cpu';
}

/** Waits until a device has done everything it was given; nothing to do on the CPU. */
export function synchronize(device: string): void {
  countHostRead();
  if (!isCpu(device)) native().cudaSynchronize(device);
}

/** How many threads LibTorch computes with on the CPU. */
export function threads(): number {
  return native().threads();
}

/** Threads LibTorch computes with on the CPU. */
export function setThreads(count: number): void {
  native().setThreads(count);
}

/** Threads beside a GPU: what is left to the processor there is small, and more of them mostly wait for each other. */
const BESIDE_GPU = 8;

/** At most 8 threads on the CPU where `device` is none, unless `OMP_NUM_THREADS` says how many. Process-wide. */
export function boundThreads(device: string, env: NodeJS.ProcessEnv = process.env): void {
  if (!isCpu(device) && !env.OMP_NUM_THREADS && native().threads() > BESIDE_GPU) setThreads(BESIDE_GPU);
}

/**
 * Bit-equal results from run to run; operators without a deterministic kernel throw then. Process-wide. cuBLAS wants to know
 * early: it is told by CUBLAS_WORKSPACE_CONFIG, which is set here unless it is set already.
 */
export function setDeterministic(enabled: boolean): void {
  if (enabled) process.env.CUBLAS_WORKSPACE_CONFIG ??= ':4096:8';
  native().setDeterministic(enabled);
}

/**
 * Lets matrix products and convolutions on CUDA round their float32 inputs to TF32's 10 bits of mantissa: up to 8 times faster,
 * and good enough to train with, but not for comparisons to 1e-5. Process-wide.
 */
export function setTf32(enabled: boolean): void {
  tf32Chosen = true;
  native().setTf32(enabled);
}

/**
 * Lets this library's own kernels run in the place of LibTorch's (true). On a CPU, where the processor has AVX-512, or AVX2 and the numbers
 * are float32: 3×3 convolutions of stride 1 and 4×4 ones of stride 2, by Winograd's products, those of single pixels, dense layers on 16 to 256
 * rows, batch and instance norm with the ReLU after them; everywhere dropout, whose masks are other draws then. They are as exact in float32, 3×3
 * convolutions to twice the rounding. `ATEN_CPU_CAPABILITY=avx2` in the environment, as for LibTorch's, leaves those for AVX-512 out. On a GPU
 * gradients of gradients of float32 convolutions. False is for comparisons. Process-wide.
 */
export function setKernels(enabled: boolean): void {
  native().setKernels(enabled);
}

/** `setTf32(true)`, unless `setTf32` was called before: what a training on CUDA begins with. */
export function allowTf32(): void {
  if (!tf32Chosen) native().setTf32(true);
}

let tf32Chosen = false;

let defaultDeviceName = 'cpu';

/** Where tensors are made when nobody says otherwise. */
export function defaultDevice(): string {
  return defaultDeviceName;
}

/** Makes new tensors on `device` when nobody says otherwise, as `torch.set_default_device`. */
export function setDefaultDevice(device: string): void {
  native().requireDevice(device);
  defaultDeviceName = device;
}
