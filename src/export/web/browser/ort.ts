import { besidePage, fetched } from './beside';
import type { Feeds, Numbers } from './facts';

interface OrtTensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

interface OrtSession {
  run(feeds: object): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}

interface Ort {
  readonly env: {
    logLevel: string;
    readonly wasm: { numThreads: number; wasmPaths: { mjs: string; wasm: string } };
  };
  readonly Tensor: new (
    type: string,
    data: Float32Array | BigInt64Array,
    dims: readonly number[],
  ) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<OrtSession> };
}

/** Of the build whose script was loaded last. */
declare const ort: Ort;

/** What runs a model: WebAssembly on the processor, or WebGPU. */
export type Provider = 'wasm' | 'webgpu';

/** What people call them. */
export const PROVIDER_NAMES: Readonly<Record<Provider, string>> = { wasm: 'WebAssembly', webgpu: 'WebGPU' };

/** A model in one of onnxruntime’s builds. */
export interface Session {
  readonly provider: Provider;
  run(feeds: Feeds): Promise<Numbers>;
  close(): Promise<void>;
}

/**
 * Opens `model.onnx` in a build of onnxruntime from beside the page; that of WebGPU is loaded on first use.
 *
 * @param fused whether operators may be made one
 */
export async function openSession(provider: Provider, output: string, fused = true): Promise<Session> {
  const { Tensor, InferenceSession } = await runtimeOf(provider);
  const bytes = await fetched('model.onnx').then((response) => response.arrayBuffer());
  const session = await InferenceSession.create(new Uint8Array(bytes), {
    executionProviders: [provider],
    graphOptimizationLevel: fused ? 'all' : 'basic',
    logSeverityLevel: 3,
  });
  return {
    provider,
    async run(feeds) {
      const tensors = Object.entries(feeds).map(([name, { data, dims }]) => {
        const type = data instanceof BigInt64Array ? 'int64' : 'float32';
        return [name, new Tensor(type, data, dims)];
      });
      const { data, dims } = (await session.run(Object.fromEntries(tensors)))[output];
      return { data, dims };
    },
    close: () => session.release(),
  };
}

const loaded = new Map<Provider, Ort>();

async function runtimeOf(provider: Provider): Promise<Ort> {
  const known = loaded.get(provider);
  if (known) return known;
  if (provider === 'webgpu') await loadScript(besidePage('ort/ort-webgpu.js'));
  const name = provider === 'wasm' ? 'ort-wasm' : 'ort-webgpu-wasm';
  const runtime = ort;
  runtime.env.logLevel = 'error';
  runtime.env.wasm.numThreads = 1;
  runtime.env.wasm.wasmPaths = {
    mjs: besidePage(`ort/${name}.js`),
    wasm: besidePage(`ort/${name}.wasm`),
  };
  loaded.set(provider, runtime);
  return runtime;
}

function loadScript(src: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = src;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${src} could not be read: is the whole folder there?`));
    document.head.append(script);
  });
}
