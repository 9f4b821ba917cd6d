/** A tensor on its way between threads. */
export interface SentTensor {
  readonly type: string;
  readonly data: ArrayBufferView;
  readonly dims: readonly number[];
}

/** What the thread of onnxruntime is asked: to open a model, to run it, and to close it before the next. */
export type WorkerRequest =
  | { readonly model: Uint8Array }
  | { readonly inputs: Readonly<Record<string, SentTensor>> }
  | { readonly close: true };

/** What it answers to each. */
export type WorkerAnswer =
  | { readonly ready: string }
  | { readonly outputs: Readonly<Record<string, SentTensor>> }
  | { readonly closed: true }
  | { readonly failed: string };

/**
 * The program of that thread, whose data is the path of the package’s module for Node. onnxruntime-web loads its WebAssembly by a dynamic
 * import, which loaders that stand in for Node’s (ts-node, Jest) need not have: a thread of its own has Node’s.
 */
export const WORKER_SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const ort = require(workerData);
ort.env.logLevel = 'error';
ort.env.wasm.numThreads = 1;
const options = { executionProviders: ['wasm'], logSeverityLevel: 3 };
const mapped = (object, change) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
let session;
const answer = async ({ model, inputs }) => {
  if (model) {
    session = await ort.InferenceSession.create(model, options);
    return { ready: ort.env.versions.web };
  }
  if (inputs) {
    const results = await session.run(mapped(inputs, ({ type, data, dims }) => new ort.Tensor(type, data, dims)));
    return { outputs: mapped(results, ({ type, data, dims }) => ({ type, data, dims })) };
  }
  await session.release();
  return { closed: true };
};
const failed = (error) => ({ failed: String(error && error.message ? error.message : error) });
parentPort.on('message', (request) => {
  answer(request).catch(failed).then((result) => parentPort.postMessage(result));
});
`;
