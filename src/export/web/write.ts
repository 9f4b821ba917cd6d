import { copyFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GanError } from '../../errors';
import { writeError } from '../../io/file-error';
import { makeFolder } from '../../io/make-folder';
import type { OnnxExport } from '../onnx-file';
import { parityText } from '../parity-text';
import type { ExportTask } from '../task';
import { webDocument, webStyle } from './document';
import { webScript } from './script.generated';

/** What of onnxruntime-web goes along, by its name there and here: servers know no other ending for scripts than .js. */
const RUNTIME: Readonly<Record<string, string>> = {
  'ort.wasm.min.js': 'ort.js',
  'ort-wasm-simd-threaded.mjs': 'ort-wasm.js',
  'ort-wasm-simd-threaded.wasm': 'ort-wasm.wasm',
};

/**
 * Writes a folder that opens from any static server: the page, the model, and onnxruntime’s WebAssembly; nothing is loaded from elsewhere.
 *
 * @param runtime the path of onnxruntime-web’s module, as `findRuntime` gives it
 * @returns the folder’s files
 * @throws GanError `ERR_NO_RUNTIME` without onnxruntime-web, `ERR_CANNOT_WRITE`
 */
export async function writeWeb(
  folder: string,
  {
    task,
    model,
    title,
    runtime,
  }: {
    readonly task: ExportTask;
    readonly model: OnnxExport;
    readonly title: string;
    readonly runtime: string | null;
  },
): Promise<string[]> {
  if (runtime === null)
    throw new GanError(
      'ERR_NO_RUNTIME',
      'a page needs onnxruntime-web, which runs the model in the browser, but it is not installed: npm install onnxruntime-web',
    );
  const [output] = model.outputs;
  const facts = {
    title,
    inputs: model.inputs.map(({ name, shape }) => ({ name, shape })),
    output: { name: output.name, shape: output.shape },
    parity: model.parity === null ? '' : parityText(model.parity),
    facts: task.facts,
  };
  const contents: Readonly<Record<string, string | Uint8Array>> = {
    'index.html': webDocument,
    'style.css': webStyle,
    'app.js': `${webScript}\n`,
    'model.json': `${JSON.stringify(facts, null, 2)}\n`,
    'model.onnx': model.bytes,
  };
  makeFolder(join(folder, 'ort'));
  for (const [name, content] of Object.entries(contents))
    await written(join(folder, name), (path) => writeFile(path, content));
  for (const [from, to] of Object.entries(RUNTIME))
    await written(join(folder, 'ort', to), (path) => copyFile(join(dirname(runtime), from), path));
  return [...Object.keys(contents), ...Object.values(RUNTIME).map((name) => `ort/${name}`)];
}

async function written(path: string, write: (path: string) => Promise<void>): Promise<void> {
  try {
    await write(path);
  } catch (error) {
    throw writeError(path, error);
  }
}
