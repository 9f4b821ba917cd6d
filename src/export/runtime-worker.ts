/** What the thread of onnxruntime is given first. */
export interface WorkerStart {
  /** The path of the package’s module for Node. */
  readonly runtime: string;
  readonly model: Uint8Array;
}

/** A tensor on its way between threads. */
export interface SentTensor {
  readonly type: string;
  readonly data: ArrayBufferView;
  readonly dims: readonly number[];
}

/** What the thread answers with: once for its start, and once for every run. */
export type WorkerAnswer =
  | { readonly ready: string }
  | { readonly outputs: Readonly<Record<string, SentTensor>> }
  | { readonly failed: string };

/**
 * The program of that thread. onnxruntime-web loads its WebAssembly by a dynamic import, which loaders that stand in for Node’s (ts-node, Jest)
 * need not have: a thread of its own has Node’s.
 */
export const WORKER_SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const ort = require(workerData.runtime);
ort.env.logLevel = 'error';
ort.env.wasm.numThreads = 1;
const tell = (error) => parentPort.postMessage({ failed: String(error && error.message ? error.message : error) });
const options = { executionProviders: ['wasm'], logSeverityLevel: 3 };
ort.InferenceSession.create(workerData.model, options).then((session) => {
  parentPort.on('message', (inputs) => {
    const feeds = Object.entries(inputs).map(([name, { type, data, dims }]) => [name, new ort.Tensor(type, data, dims)]);
    session.run(Object.fromEntries(feeds)).then((results) => {
      const outputs = Object.entries(results).map(([name, { type, data, dims }]) => [name, { type, data, dims }]);
      parentPort.postMessage({ outputs: Object.fromEntries(outputs) });
    }, tell);
  });
  parentPort.postMessage({ ready: ort.env.versions.web });
}, tell);
`;
