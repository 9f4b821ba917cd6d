import { writeFile } from 'node:fs/promises';
import { oneOf, pathText } from '../check';
import { UsageError } from '../errors';
import { writeWhole } from '../io/whole-file';
import type { LoadedModel } from '../training/load';
import { chosenNames } from './class-names';
import { type TaskOptions, taskOf } from './model-task';
import type { ExportPrecision } from './onnx/builder';
import type { Port } from './onnx/proto';
import { type OnnxExport, onnxOf } from './onnx-file';
import { OPSETS } from './opsets';
import type { Parity } from './parity';
import type { ExportTask } from './task';

/** What an ONNX graph is to be, whatever of a model it is. */
export interface GraphOptions {
  /** Of weights and activations; what goes in and comes out stays float32 (`float32`). */
  readonly precision?: ExportPrecision;
  /** 17 or 18 (17). */
  readonly opset?: number;
}

/** Options of {@link exportOnnx}. */
export interface ExportOnnxOptions extends TaskOptions, GraphOptions {}

/** What {@link exportOnnx} wrote. */
export interface ExportedOnnx {
  /** Of the file. */
  readonly bytes: number;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Names of the operators that it is of. */
  readonly operators: readonly string[];
  /** How near it is to LibTorch; null where onnxruntime-web is not installed. */
  readonly parity: Parity | null;
  /** What is otherwise than in `model.run`, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Writes a loaded model as ONNX, with what its users need inside the graph: latents, a class and a truncation, or images, go in; images in [−1, 1] come out. Before the file gets
 * its name, its outputs are compared with LibTorch’s in onnxruntime’s WebAssembly, where `onnxruntime-web` is installed.
 *
 * ```ts
 * const model = await load('runs/faces', { device: 'cpu' });
 * const { parity } = await exportOnnx(model, 'faces.onnx');
 * ```
 *
 * @param file where to; what is there is replaced
 * @throws GanError `ERR_NOT_EXPORTABLE` naming layer and operator, `ERR_PARITY` naming the first layer whose result differs by more than 1e-4 (of float16 nothing is promised),
 *   `ERR_CANNOT_WRITE`; UsageError for an opset that it does not have, and options of another kind of model
 */
export async function exportOnnx(
  model: LoadedModel,
  file: string,
  options: ExportOnnxOptions = {},
): Promise<ExportedOnnx> {
  pathText('exportOnnx', file);
  const made = await graphOf(model, taskOf(model, options), options);
  const { bytes, inputs, outputs, operators, parity, notes } = made;
  await writeWhole(file, (partial) => writeFile(partial, bytes));
  return { bytes: bytes.byteLength, inputs, outputs, operators, parity, notes };
}

/** The ONNX model of a loaded model’s task, which says what it was trained as. @throws as {@link exportOnnx} */
export function graphOf(
  model: LoadedModel,
  task: ExportTask,
  { precision = 'float32', opset }: GraphOptions,
): Promise<OnnxExport> {
  if (opset !== undefined && !OPSETS.includes(opset))
    throw new UsageError(`an export expects opset to be ${OPSETS.join(' or ')} but received ${opset}`);
  oneOf('an export', 'precision', precision, ['float32', 'float16']);
  const { settings, checkpoint, step, weights } = model;
  const recipe = recipeOf(settings);
  const classNames = chosenNames(model);
  const metadata = {
    ...{ recipe, checkpoint, step: String(step), weights },
    ...(classNames.length > 0 && { classNames: JSON.stringify(classNames) }),
    facts: JSON.stringify(task.facts),
  };
  return onnxOf(task, { precision, opset, text: { name: recipe, metadata } });
}

/** The name of the recipe that a model was trained as; `model` where a script trained it. */
export function recipeOf({ recipe }: LoadedModel['settings']): string {
  return typeof recipe === 'string' ? recipe : 'model';
}
