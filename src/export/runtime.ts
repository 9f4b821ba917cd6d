import { GanError } from '../errors';
import type { DType } from '../native/types';
import { fromBytes } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';
import { RuntimeThread } from './runtime-thread';
import type { SentTensor, WorkerAnswer } from './runtime-worker';

/** A model in another runtime. */
export interface RuntimeSession {
  /** E.g. `onnxruntime-web 1.30.0 (wasm)`. */
  readonly runtime: string;
  /** Outputs by name: the caller’s. */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

const TYPES: Readonly<Partial<Record<DType, string>>> = {
  float32: 'float32',
  int64: 'int64',
  uint8: 'uint8',
};

/** The path of onnxruntime-web’s module for Node, or null where the package is not installed. */
export function findRuntime(): string | null {
  try {
    return require.resolve('onnxruntime-web');
  } catch {
    return null;
  }
}

/**
 * Opens an ONNX model in onnxruntime’s WebAssembly, as a browser would, in a thread beside this one.
 *
 * @param runtime what {@link findRuntime} found
 * @throws GanError `ERR_RUNTIME` where it does not take the model
 */
export async function openSession(runtime: string, model: Uint8Array): Promise<RuntimeSession> {
  const thread = RuntimeThread.take(runtime);
  const started = await thread.ask({ model });
  if (!('ready' in started)) {
    await thread.end();
    throw refused('does not take the model', started);
  }
  // One that failed has lost what it was about: the next model gets another.
  let sound = true;
  return {
    runtime: `onnxruntime-web ${started.ready} (wasm)`,
    async run(inputs) {
      const answer = await thread.ask({ inputs: sent(inputs) });
      if (!('outputs' in answer)) {
        sound = false;
        throw refused('failed on the model', answer);
      }
      return Object.fromEntries(
        Object.entries(answer.outputs).map(([name, result]) => [name, received(result)]),
      );
    },
    async close() {
      if (sound && 'closed' in (await thread.ask({ close: true }))) await thread.giveBack();
      else await thread.end();
    },
  };
}

function sent(inputs: Readonly<Record<string, Tensor>>): Record<string, SentTensor> {
  const each = Object.entries(inputs).map(([name, tensor]) => {
    const type = TYPES[tensor.dtype] ?? tensor.dtype;
    return [name, { type, data: tensor.toTypedArray(), dims: [...tensor.shape] }] as const;
  });
  return Object.fromEntries(each);
}

function received({ data, dims, type }: SentTensor): Tensor {
  const dtype: DType = type === 'int64' ? 'int64' : type === 'uint8' ? 'uint8' : 'float32';
  return fromBytes(data, { dtype, shape: [...dims], device: 'cpu' });
}

function refused(what: string, answer: WorkerAnswer): GanError {
  const text = 'failed' in answer ? answer.failed : 'it answered out of turn';
  const line = text.replaceAll(/\s*\n\s*/g, ' ').slice(0, 400);
  return new GanError('ERR_RUNTIME', `onnxruntime ${what}: ${line}`);
}
