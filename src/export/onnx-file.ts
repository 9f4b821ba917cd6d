import { GanError } from '../errors';
import { ops } from '../native/ops.generated';
import type { Handle } from '../native/types';
import type { Module } from '../nn/module';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { wrap } from '../tensor/wrap';
import type { ExportPrecision } from './onnx/builder';
import { type ModelText, type WriteOptions, type WrittenModel, writeOnnx } from './onnx/write';
import { differenceOf, measureParity, type Parity } from './parity';
import { findRuntime, openSession } from './runtime';
import type { ExportTask } from './task';
import { examplesOf, sizeSources, type Traced, trace } from './trace';

/** What an ONNX model is to be. */
export interface OnnxOptions {
  /** (`float32`) */
  readonly precision?: ExportPrecision;
  /** 17 or 18 (17) */
  readonly opset?: number;
  /** What it says of itself. */
  readonly text: Omit<ModelText, 'ports' | 'description'>;
}

/** An ONNX model, with how near to LibTorch it is. */
export interface OnnxExport extends WrittenModel {
  /** Null where there is no runtime to compare with. */
  readonly parity: Parity | null;
  readonly notes: readonly string[];
}

/** Opsets whose operators the rules are written in. */
export const OPSETS: readonly number[] = [17, 18];

/** The largest difference from LibTorch in float32. */
export const TOLERANCE = 1e-4;

/**
 * The ONNX model of a task, compared with LibTorch where onnxruntime-web is installed.
 *
 * @throws GanError `ERR_NOT_EXPORTABLE` naming layer and operator; `ERR_PARITY` naming the first layer whose result differs
 */
export async function exportOnnx(
  task: ExportTask,
  { precision = 'float32', opset = OPSETS[0], text }: OnnxOptions,
): Promise<OnnxExport> {
  const traced = scope(() => trace(task));
  try {
    const options = writeOptions(task, traced, { precision, opset, text });
    const written = writeOnnx(traced.graph, options);
    const runtime = findRuntime();
    const notes = [...task.notes, ...traced.notes];
    if (!runtime) return { ...written, parity: null, notes: [...notes, NO_RUNTIME] };
    const tolerance = precision === 'float32' ? toleranceOf(written) : null;
    const { variables } = traced;
    const parity = await measureParity(runtime, written.bytes, { task, variables, tolerance });
    if (!parity.holds) throw await parityError(task, traced, { parity, options });
    return { ...written, parity, notes };
  } finally {
    traced.release();
  }
}

const NO_RUNTIME = 'not compared with LibTorch: npm install onnxruntime-web, and export again';

/** Bytes may be the next ones where a number is at the border of two. */
function toleranceOf({ outputs }: WrittenModel): number {
  return outputs.some(({ type }) => type === 'uint8') ? 1 : TOLERANCE;
}

function writeOptions(
  task: ExportTask,
  { variables }: Traced,
  { precision, opset, text }: Required<OnnxOptions>,
): WriteOptions {
  const ports = {
    ...Object.fromEntries(task.inputs.map(({ name, description }) => [name, description])),
    ...task.outputs,
  };
  return {
    ...{ precision, opset, imageStatistics: task.imageStatistics },
    text: { ...text, description: task.description, ports },
    sizes: sizeSources(task, variables),
    weights: weightsOf(task.networks),
  };
}

/** Names of parameters and buffers, by their handles. */
function weightsOf(networks: Readonly<Record<string, Module>>): Map<number, string> {
  const named = Object.entries(networks).flatMap(([root, network]) =>
    [...network.namedParameters(), ...network.namedBuffers()].map(
      ([name, { handle }]) => [handle, `${root}.${name}`] as const,
    ),
  );
  return new Map(named);
}

async function parityError(
  task: ExportTask,
  traced: Traced,
  { parity, options }: { readonly parity: Parity; readonly options: WriteOptions },
): Promise<GanError> {
  const [name, { largest }] = Object.entries(parity.outputs)[0];
  const where = await firstDifference(task, traced, { options, tolerance: parity.tolerance ?? TOLERANCE });
  return new GanError(
    'ERR_PARITY',
    `expected ${name} in ${parity.runtime} to be those of LibTorch within ${parity.tolerance} but they are ${largest} apart: ${where}`,
  );
}

/** Every operator’s result, on the inputs that were recorded. */
async function firstDifference(
  task: ExportTask,
  { graph }: Traced,
  { options, tolerance }: { readonly options: WriteOptions; readonly tolerance: number },
): Promise<string> {
  const runtime = findRuntime();
  if (!runtime || task.imageStatistics) return 'which layer it begins in is not known';
  const { bytes, results } = writeOnnx(graph, { ...options, everything: true });
  const session = await openSession(runtime, bytes);
  try {
    const base = Object.fromEntries(task.variables.map(({ name, value }) => [name, value]));
    const got = await session.run(examplesOf(task, base, 1));
    const first = results.find(({ name, value }) => {
      const expected = borrowed(value.recorded.handle);
      return !(differenceOf(expected, got[name]).largest <= tolerance);
    });
    if (!first) return 'each layer agrees on the inputs that were recorded, so it is other sizes that differ';
    const { name: operator, layer } = first.call;
    return `the first to differ is the operator ${operator}${layer === '' ? '' : ` of ${layer}`}`;
  } finally {
    await session.close();
  }
}

/** A tensor of what was recorded, with a handle of its own: the recording releases its handle itself. */
function borrowed(handle: Handle): Tensor {
  return wrap(ops.alias(handle), 'alias');
}
