import { pathText } from '../check';
import type { LoadedModel } from '../training/load';
import { type GraphOptions, graphOf, recipeOf } from './export-onnx';
import { type TaskOptions, taskOf } from './model-task';
import type { Parity } from './parity';
import { findRuntime } from './runtime';
import { runtimeFiles, sizeOf } from './web/runtime-files';
import { type WebFile, writeWeb } from './web/write';

/** Options of {@link exportWeb}. */
export interface ExportWebOptions extends Pick<TaskOptions, 'direction' | 'truncationLayers'>, GraphOptions {
  /** What the page is called (the recipe and the step). */
  readonly title?: string;
  /** Lays the runtime for WebGPU beside the page, which is loaded where a visitor asks for it (false). */
  readonly webgpu?: boolean;
}

/** What {@link exportWeb} wrote. */
export interface ExportedWeb {
  /** Of the whole folder. */
  readonly bytes: number;
  /** By their places in the folder. */
  readonly files: readonly WebFile[];
  /** How near the model is to LibTorch. */
  readonly parity: Parity | null;
  /** What is otherwise than in `model.run`, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Writes a loaded model as a web page: a folder that opens from any static server, and loads nothing from elsewhere. It needs `onnxruntime-web`, which runs the model in the
 * browser, and which goes along.
 *
 * @param folder made where it is not there; files of the same names are replaced
 * @throws GanError `ERR_NO_RUNTIME` without onnxruntime-web, and what {@link exportOnnx} throws
 */
export async function exportWeb(
  model: LoadedModel,
  folder: string,
  { title = `${recipeOf(model.settings)}, step ${model.step}`, webgpu, ...options }: ExportWebOptions = {},
): Promise<ExportedWeb> {
  pathText('exportWeb', folder);
  // First of all: a comparison takes its time, and would be in vain.
  const runtime = runtimeFiles(findRuntime());
  // A page’s script draws and shows floats [N, C, H, W].
  const task = taskOf(model, { ...options, pixels: 'float', layout: 'nchw' });
  const made = await graphOf(model, task, options);
  const files = await writeWeb(folder, { task, model: made, title, runtime, webgpu });
  return { bytes: sizeOf(files), files, parity: made.parity, notes: made.notes };
}
