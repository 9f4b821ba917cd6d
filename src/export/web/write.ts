import { copyFile, writeFile } from 'node:fs/promises';
import { type WriteFile, writeWholeFolder } from '../../io/whole-file';
import type { OnnxExport } from '../onnx-file';
import { parityText } from '../parity-text';
import type { ExportTask } from '../task';
import { HALF_LEVEL } from '../tolerance';
import { webDocument, webStyle } from './document';
import { type RuntimeFiles, sizeOf } from './runtime-files';
import { webScript } from './script.generated';

/** What a page is of. */
export interface WebPage {
  readonly task: ExportTask;
  readonly model: OnnxExport;
  readonly title: string;
  readonly runtime: RuntimeFiles;
  /** Whether the runtime for WebGPU goes along (no). */
  readonly webgpu?: boolean;
}

/** A file of a page’s folder. */
export interface WebFile {
  readonly file: string;
  readonly bytes: number;
}

/**
 * Writes a folder that opens from any static server: the page, the model, and onnxruntime’s WebAssembly; nothing is loaded from elsewhere.
 * All of it is there, or nothing is.
 *
 * @throws GanError `ERR_CANNOT_WRITE`
 */
export async function writeWeb(folder: string, page: WebPage): Promise<WebFile[]> {
  const { runtime, webgpu = false, model } = page;
  const contents: Readonly<Record<string, Uint8Array>> = {
    'index.html': Buffer.from(webDocument),
    'style.css': Buffer.from(webStyle),
    'app.js': Buffer.from(`${webScript}\n`),
    'model.json': Buffer.from(`${JSON.stringify(factsOf(page), null, 2)}\n`),
    'model.onnx': model.bytes,
  };
  const copied = [...runtime.wasm, ...(webgpu ? runtime.webgpu : [])];
  await writeWholeFolder(folder, {
    ...Object.fromEntries(
      copied.map(({ from, to }): [string, WriteFile] => [to, (path) => copyFile(from, path)]),
    ),
    ...Object.fromEntries(
      Object.entries(contents).map(([name, content]): [string, WriteFile] => [
        name,
        (path) => writeFile(path, content),
      ]),
    ),
  });
  return [
    ...Object.entries(contents).map(([file, { byteLength }]) => ({ file, bytes: byteLength })),
    ...copied.map(({ to, bytes }) => ({ file: to, bytes })),
  ];
}

/** What the page reads of the model: `ModelFacts` there. */
function factsOf({ title, task, model, runtime, webgpu }: WebPage): object {
  const [{ name, shape }] = model.outputs;
  const tolerance = model.parity?.tolerance ?? HALF_LEVEL;
  return {
    title,
    precision: model.precision,
    inputs: model.inputs.map((input) => ({ name: input.name, shape: input.shape })),
    output: { name, shape },
    parity: model.parity === null ? '' : parityText(model.parity, 'float'),
    ...(webgpu && { webgpu: { bytes: sizeOf(runtime.webgpu), tolerance } }),
    facts: task.facts,
  };
}
