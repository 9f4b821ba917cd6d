import { loadAddon } from './load';
import { spinIsChosen, withShortSpin } from './openmp';
import type { NativeOps } from './ops.generated';
import { TorchError } from './torch-error';

/** A tensor (or a random generator) on the native side: a positive integer; 0 stands for an undefined tensor. */
export type Handle = number;
/** Handles as an array, or packed where a list is long and used every step. */
export type Handles = readonly Handle[] | Int32Array;
/** A whole number stays an integer beside an integer tensor; bigint is int64. */
export type Scalar = number | bigint | boolean;
/** Element types, by PyTorch's names. */
export type DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'uint8'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'bool';
/** How a 4-d tensor lies in memory: NCHW, or NHWC (`channels_last`). */
export type MemoryFormat = 'contiguous' | 'channels_last' | 'preserve';

/** The addon's own entries, beside LibTorch's operators in `ops`. What each does is told at its definition in native/. */
export interface NativeAddon {
  readonly ops: NativeOps;
  schemas(): [name: string, schema: string][];
  setErrorClass(errorClass: typeof TorchError): void;

  fromBytes(
    bytes: ArrayBufferView | ArrayBuffer,
    dtype: DType,
    shape: readonly number[],
    device: string,
  ): Handle;
  toBuffer(tensor: Handle): ArrayBuffer;
  shape(tensor: Handle): number[];
  strides(tensor: Handle): number[];
  elements(tensor: Handle): number;
  dtype(tensor: Handle): DType;
  device(tensor: Handle): string;
  isContiguous(tensor: Handle, format: MemoryFormat): boolean;
  isAliasOf(a: Handle, b: Handle): boolean;
  changes(tensor: Handle): number;
  release(handles: Handles, count?: number): number;
  releaseOne(handle: Handle): boolean;
  liveTensors(): [tensors: number, bytes: number, generators: number];

  requiresGrad(tensor: Handle): boolean;
  isLeaf(tensor: Handle): boolean;
  setRequiresGrad(tensors: Handles, value: boolean): void;
  gradient(tensor: Handle): Handle;
  gradients(tensors: Handles): Handle[];
  setGradient(tensor: Handle, gradient: Handle | null): void;
  clearGradients(tensors: Handles): void;
  setData(tensor: Handle, data: Handle): void;
  backward(
    tensors: Handles,
    gradients: readonly (Handle | null)[] | null,
    retainGraph: boolean,
    createGraph: boolean,
    inputs: Handles,
  ): void;
  grad(
    outputs: Handles,
    inputs: Handles,
    gradients: readonly (Handle | null)[] | null,
    retainGraph: boolean,
    createGraph: boolean,
    allowUnused: boolean,
  ): Handle[];
  gradEnabled(): boolean;
  setGradEnabled(enabled: boolean): void;
  autocastEnabled(device: string): boolean;
  setAutocast(device: string, enabled: boolean, dtype: DType): void;

  makeGenerator(device: string, seed: number): Handle;
  defaultGenerator(device: string): Handle;
  releaseGenerator(generator: Handle): boolean;
  seedGenerator(generator: Handle, seed: number): void;
  generatorState(generator: Handle): Handle;
  setGeneratorState(generator: Handle, state: Handle): void;
  manualSeed(seed: number): void;

  version(): string;
  buildConfiguration(): string;
  cpuCapability(): string;
  threads(): number;
  setThreads(count: number): void;
  builtWithCuda(): boolean;
  cudaDeviceCount(): number;
  cudnnVersion(): string;
  setDeterministic(enabled: boolean): void;
  deterministic(): boolean;
  setBenchmark(enabled: boolean): void;
  setTf32(enabled: boolean): void;
  setKernels(enabled: boolean): void;
  kernelsEnabled(): boolean;
  batchNormLeakyRelu(
    input: Handle,
    weight: Handle | null,
    bias: Handle | null,
    runningMean: Handle | null,
    runningVar: Handle | null,
    training: boolean,
    momentum: number,
    eps: number,
    slope: number,
  ): Handle;
  requireDevice(device: string): void;
  tuneMemory(): void;
  memoryTuned(): boolean;

  startProfiling(): void;
  openSpan(name: string): Handle;
  closeSpan(span: Handle): void;
  stopProfiling(trace: string): [texts: string[], rows: ArrayBuffer];

  loadScript(
    path: string,
    device: string,
    extra: string,
  ): [script: Handle, argumentNames: string[], extra: string];
  moveScript(script: Handle, device: string): void;
  releaseScript(script: Handle): boolean;
  runScript(script: Handle, input: Handle, flags: readonly string[]): [names: string[], tensors: Handle[]];

  cudaDeviceName(device: string): string;
  cudaCapability(device: string): [major: number, minor: number];
  cudaSynchronize(device: string): void;
  /** Bytes: in tensors, reserved from the driver, highest in tensors so far, the device's total. */
  cudaMemory(device: string): [allocated: number, reserved: number, peak: number, total: number];
  cudaEmptyCache(): void;

  makeCaptureStream(device: string): Handle;
  enterCaptureStream(stream: Handle): void;
  leaveCaptureStream(stream: Handle): void;
  beginCapture(stream: Handle, generators: readonly Handle[]): Handle;
  endCapture(graph: Handle): void;
  abandonCapture(graph: Handle): void;
  replayGraph(graph: Handle): void;
  releaseResource(resource: Handle): boolean;
  forbidCudaSync(forbidden: boolean): void;
}

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
 * Sets this process up for training with LibTorch: three settings that hold for the whole process, which is why importing the
 * library makes none of them. Call it in the main thread before anything else of the library; the command line does. It loads
 * nothing: what it asks for happens when LibTorch is loaded on first use. A second call changes nothing. Results are the same
 * bits either way. docs/performance.md has the measurements.
 *
 * - malloc (glibc) keeps what LibTorch frees, instead of returning it to the kernel and having its pages cleared anew in the next
 *   step. `MALLOC_MMAP_THRESHOLD_`, `MALLOC_TRIM_THRESHOLD_`, `MALLOC_TOP_PAD_` and `GLIBC_TUNABLES` of the environment win.
 * - Tensors of up to 1 KiB come from lists of free blocks, one a thread, which takes 100 ns off each small operator.
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
