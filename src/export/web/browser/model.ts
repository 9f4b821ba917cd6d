/** What `model.json` says of the model. */
export interface ModelFacts {
  readonly title: string;
  readonly precision: string;
  readonly inputs: readonly { readonly name: string; readonly shape: readonly (number | string)[] }[];
  readonly output: { readonly name: string; readonly shape: readonly (number | string)[] };
  readonly parity: string;
  readonly facts: {
    readonly takes: 'latents' | 'images';
    readonly latent?: { readonly classes?: number; readonly codes?: number };
    readonly classNames?: readonly string[];
    readonly channels?: number;
    readonly least?: number;
    readonly masks?: boolean;
  };
}

/** Numbers with their shape: images are [N, C, H, W] in [−1, 1]. */
export interface Numbers {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Inputs by name; whole numbers are BigInt64Array. */
export type Feeds = Readonly<
  Record<string, { readonly data: Float32Array | BigInt64Array; readonly dims: readonly number[] }>
>;

interface OrtTensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
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
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ run(feeds: object): Promise<Record<string, OrtTensor>> }>;
  };
}

declare const ort: Ort;

/** The model, ready to run: one call after the other. */
export interface Running {
  readonly facts: ModelFacts;
  run(feeds: Feeds): Promise<Numbers>;
}

/** A module of one SIMD instruction. */
const SIMD = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98,
  11,
];

/** Why this browser cannot run the model; null where it can. */
export function missingInBrowser(): string | null {
  if (typeof WebAssembly !== 'object')
    return 'This browser has no WebAssembly, which the model runs in. Any browser of the last years has it.';
  if (!WebAssembly.validate(Uint8Array.from(SIMD)))
    return 'This browser’s WebAssembly has no SIMD, which the model needs. Chrome and Edge have it from 91, Firefox from 89, Safari from 16.4.';
  if (location.protocol === 'file:')
    return 'A browser does not read models from a file system. Serve this folder, for example with: npx http-server';
  return null;
}

/** Fetches the model and its runtime, both from beside the page. */
export async function openModel(): Promise<Running> {
  const facts: ModelFacts = await fetched('model.json').then((response) => response.json());
  const bytes = await fetched('model.onnx').then((response) => response.arrayBuffer());
  const at = (name: string) => new URL(`ort/${name}`, document.baseURI).href;
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { mjs: at('ort-wasm.js'), wasm: at('ort-wasm.wasm') };
  const session = await ort.InferenceSession.create(new Uint8Array(bytes), { executionProviders: ['wasm'] });
  let last: Promise<unknown> = Promise.resolve();
  const run = async (feeds: Feeds): Promise<Numbers> => {
    const tensors = Object.entries(feeds).map(([name, { data, dims }]) => {
      const type = data instanceof BigInt64Array ? 'int64' : 'float32';
      return [name, new ort.Tensor(type, data, dims)];
    });
    const results = await session.run(Object.fromEntries(tensors));
    const { data, dims } = results[facts.output.name];
    return { data, dims };
  };
  return {
    facts,
    run(feeds) {
      const next = last.then(() => run(feeds));
      last = next.catch(() => undefined);
      return next;
    },
  };
}

async function fetched(name: string): Promise<Response> {
  const response = await fetch(new URL(name, document.baseURI));
  if (!response.ok)
    throw new Error(`${name} could not be read (${response.status}): is the whole folder there?`);
  return response;
}
