import type { NativeOps } from './native-ops.generated';
import type { TorchError } from './torch-error';
import type { DType, Handle, Handles, MemoryFormat } from './types';

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
  values(tensors: Handles): number[];
  putValue(held: Handle, value: Handle, parts: number, adds: boolean): void;
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
  copyAll(tensors: Handles): Handle[];
  restoreWhere(condition: Handle, tensors: Handles, copies: Handles): void;
  gradEnabled(): boolean;
  setGradEnabled(enabled: boolean): void;
  autocastEnabled(device: string): boolean;
  autocastDtype(device: string): DType;
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
  benchmark(): boolean;
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
  instanceNormLeakyRelu(
    input: Handle,
    weight: Handle | null,
    bias: Handle | null,
    eps: number,
    slope: number,
  ): Handle;
  linearRelu(input: Handle, weight: Handle, bias: Handle | null): Handle;
  linearPair(
    input: Handle,
    weight: Handle,
    bias: Handle,
    otherWeight: Handle,
    otherBias: Handle,
  ): [output: Handle, other: Handle];
  spectralNorm(weight: Handle, u: Handle, v: Handle, iterations: number, eps: number): Handle;
  imagesOfBytes(bytes: Handle, rows: Handle | null): Handle;
  bernoulliNll(logits: Handle, images: Handle): Handle;
  gaussianKl(mean: Handle, logVariance: Handle): Handle;
  gaussianDraw(mean: Handle, logVariance: Handle, noise: Handle): Handle;
  upFirDown(
    input: Handle,
    kernel: readonly number[],
    up: number,
    down: number,
    padding: readonly number[],
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
  runScript(script: Handle, inputs: Handles, flags: readonly string[]): [names: string[], tensors: Handle[]];
  encodeScript(
    source: string,
    names: readonly string[],
    tensors: Handles,
    extraName: string,
    extra: string,
  ): ArrayBuffer;

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

  /** Whether the addon connects GPUs. */
  builtWithNccl(): boolean;
  joinNccl(
    address: string,
    port: number,
    rank: number,
    size: number,
    device: string,
    seconds: number,
  ): Handle;
  ncclBroadcast(group: Handle, row: Handle, root: number): void;
  setInStore(group: Handle, key: string, value: string): void;
  /** An empty text where the key is not there. */
  getFromStore(group: Handle, key: string): string;
  deleteFromStore(group: Handle, key: string): void;
  leaveNccl(group: Handle): void;

  /** Takes `reductions()` of the addon for MPI: a group for what follows, as that of `joinNccl` is one. */
  joinHost(offered: object): Handle;
  /**
   * A number that is equal where tensors of the same shapes lie in memory in one order; 0 where the group cannot reduce them where they are, or is
   * quicker with one row.
   */
  orderInMemory(group: Handle, tensors: Handles): number;
  /**
   * Replaces what dense tensors of one dtype, float32, float64 or int64, hold by its sum, mean, max or min over the processes of a group, which have
   * met, value by value as they lie in memory.
   */
  reduceOfAll(group: Handle, tensors: Handles, operation: string): void;
  /** The sum over the processes of a group; its gradients, of any order, are such sums. */
  sumOfAll(group: Handle, tensor: Handle): Handle;
  /** Batch norm in training by the batches of the `size` members of a group, and its gradients. Moves the running statistics. */
  groupBatchNorm(
    group: Handle,
    size: number,
    input: Handle,
    weight: Handle | null,
    bias: Handle | null,
    runningMean: Handle | null,
    runningVar: Handle | null,
    momentum: number,
    eps: number,
  ): Handle;
}
