import { GanError } from '../errors';
import type { DType } from '../native/types';
import { fromBytes } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';

/** A tensor of onnxruntime-web. What of the package is needed is declared here: it is not always there, and neither are its types. */
export interface OrtTensor {
  readonly data: Float32Array | BigInt64Array | Uint8Array;
  readonly dims: readonly number[];
  readonly type: string;
}

/** A session of onnxruntime-web. */
export interface OrtSession {
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

/** What of onnxruntime-web is needed. */
export interface OrtModule {
  readonly env: {
    logLevel?: string;
    readonly wasm: { numThreads?: number };
    readonly versions: { readonly web?: string };
  };
  readonly InferenceSession: {
    create(model: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<OrtSession>;
  };
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => OrtTensor;
}

/** A model in another runtime. */
export interface RuntimeSession {
  /** E.g. `onnxruntime-web 1.30.0 (wasm)`. */
  readonly runtime: string;
  /** Outputs by name, in the caller’s scope. */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

const TYPES: Readonly<Partial<Record<DType, string>>> = {
  float32: 'float32',
  int64: 'int64',
  uint8: 'uint8',
};

/** onnxruntime-web, or null where it is not installed. */
export function findRuntime(): OrtModule | null {
  try {
    return require('onnxruntime-web') as OrtModule;
  } catch {
    return null;
  }
}

/**
 * Opens an ONNX model in onnxruntime’s WebAssembly, as a browser would.
 *
 * @throws GanError `ERR_RUNTIME` where it does not take the model
 */
export async function openSession(runtime: OrtModule, model: Uint8Array): Promise<RuntimeSession> {
  const { env } = runtime;
  env.logLevel = 'error';
  env.wasm.numThreads = 1;
  const session = await runtime.InferenceSession.create(model, {
    executionProviders: ['wasm'],
    logSeverityLevel: 3,
  }).catch((error: unknown) => Promise.reject(refused('does not take the model', error)));
  return {
    runtime: `onnxruntime-web ${env.versions.web ?? ''} (wasm)`,
    async run(inputs) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, tensor]) => [name, given(runtime, tensor)]),
      );
      const results = await session
        .run(feeds)
        .catch((error: unknown) => Promise.reject(refused('failed on the model', error)));
      return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, taken(result)]));
    },
    close: () => session.release(),
  };
}

function given({ Tensor }: OrtModule, tensor: Tensor): OrtTensor {
  return new Tensor(TYPES[tensor.dtype] ?? tensor.dtype, tensor.toTypedArray(), [...tensor.shape]);
}

function taken({ data, dims, type }: OrtTensor): Tensor {
  const dtype: DType = type === 'int64' ? 'int64' : type === 'uint8' ? 'uint8' : 'float32';
  return fromBytes(data, { dtype, shape: [...dims], device: 'cpu' });
}

function refused(what: string, error: unknown): GanError {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.replaceAll(/\s*\n\s*/g, ' ').slice(0, 400);
  return new GanError('ERR_RUNTIME', `onnxruntime ${what}: ${line}`, { cause: error });
}
