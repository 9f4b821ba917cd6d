import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GanError } from '../../errors';

/** Files of onnxruntime-web, by their names there and beside a page: servers know no other ending for scripts than .js. */
type Files = Readonly<Record<string, string>>;

/** What runs a model in WebAssembly. */
const WASM: Files = {
  'ort.wasm.min.js': 'ort.js',
  'ort-wasm-simd-threaded.mjs': 'ort-wasm.js',
  'ort-wasm-simd-threaded.wasm': 'ort-wasm.wasm',
};

/** What runs it by WebGPU, in any browser that has that: the build that is smaller needs WebAssembly with JSPI, too. */
const WEBGPU: Files = {
  'ort.webgpu.min.js': 'ort-webgpu.js',
  'ort-wasm-simd-threaded.asyncify.mjs': 'ort-webgpu-wasm.js',
  'ort-wasm-simd-threaded.asyncify.wasm': 'ort-webgpu-wasm.wasm',
};

/** A file that goes along with a page. */
export interface RuntimeFile {
  readonly from: string;
  /** In the folder of the page. */
  readonly to: string;
  readonly bytes: number;
}

/** The files of onnxruntime-web that a page needs, for each of what it runs models in. */
export interface RuntimeFiles {
  readonly wasm: readonly RuntimeFile[];
  readonly webgpu: readonly RuntimeFile[];
}

/**
 * Finds the files that a page needs; of the package’s 139 MB no others are used.
 *
 * @param runtime the path of onnxruntime-web’s module, as `findRuntime` gives it
 * @throws GanError `ERR_NO_RUNTIME` where it is not installed, or where a file is not in it
 */
export function runtimeFiles(runtime: string | null): RuntimeFiles {
  if (runtime === null)
    throw new GanError(
      'ERR_NO_RUNTIME',
      'a page needs onnxruntime-web, which runs the model in the browser, but it is not installed: npm install onnxruntime-web@^1.30.0',
    );
  const folder = dirname(runtime);
  const found = (files: Files) => Object.entries(files).map(([from, to]) => fileOf(join(folder, from), to));
  return { wasm: found(WASM), webgpu: found(WEBGPU) };
}

/** Bytes of files. */
export function sizeOf(files: readonly Pick<RuntimeFile, 'bytes'>[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function fileOf(from: string, to: string): RuntimeFile {
  if (!existsSync(from))
    throw new GanError(
      'ERR_NO_RUNTIME',
      `expected onnxruntime-web 1.30 or a later 1.x, but there is no ${from}: npm install onnxruntime-web@^1.30.0`,
    );
  return { from, to: join('ort', to), bytes: statSync(from).size };
}
