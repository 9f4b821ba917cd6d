import { GanError } from '../errors';
import { scope } from '../tensor/scope';
import { firstDifference } from './first-difference';
import type { ExportPrecision } from './onnx/builder';
import { type ModelText, type WriteOptions, type WrittenModel, writeOnnx } from './onnx/write';
import { OPSETS } from './opsets';
import { furtherApart, measureParity, type Parity } from './parity';
import { findRuntime, openSession } from './runtime';
import type { ExportTask } from './task';
import { toleranceOf } from './tolerance';
import { borderOf, sizeSources, type Traced, trace } from './trace';
import { weightNames } from './weight-names';

/** What an ONNX model is to be. */
export interface OnnxOptions {
  /** (`float32`) */
  readonly precision?: ExportPrecision;
  /** 17 or 18 (17) */
  readonly opset?: number;
  /** What it says of itself. */
  readonly text: Omit<ModelText, 'ports' | 'description'>;
  /** The path of the onnxruntime-web that it is compared in (the one that is installed); null for none. */
  readonly runtime?: string | null;
}

/** An ONNX model, with how near to LibTorch it is. */
export interface OnnxExport extends WrittenModel {
  readonly precision: ExportPrecision;
  /** Null where there is no runtime to compare with. */
  readonly parity: Parity | null;
  readonly notes: readonly string[];
}

const NO_RUNTIME = 'not compared with LibTorch: npm install onnxruntime-web@^1.30.0, and export again';

/**
 * The ONNX model of a task, compared with LibTorch where onnxruntime-web is installed. Of float16 the difference is told, and nothing promised.
 *
 * @throws GanError `ERR_NOT_EXPORTABLE` naming layer and operator; `ERR_PARITY` naming the first layer whose result differs
 */
export async function onnxOf(
  task: ExportTask,
  { precision = 'float32', opset = OPSETS[0], text, runtime = findRuntime() }: OnnxOptions,
): Promise<OnnxExport> {
  const traced = scope(() => trace(task));
  try {
    const options = writeOptions(task, traced, { precision, opset, text });
    const written = writeOnnx(traced.graph, options);
    const notes = [...task.notes, ...traced.notes];
    if (!runtime) return { ...written, precision, parity: null, notes: [...notes, NO_RUNTIME] };
    const parity = await parityOf(written, { task, traced, options, runtime });
    return { ...written, precision, parity, notes };
  } finally {
    traced.release();
  }
}

/** One export that is compared. */
interface Compared {
  readonly task: ExportTask;
  readonly traced: Traced;
  readonly options: WriteOptions;
  readonly runtime: string;
}

async function parityOf({ bytes }: WrittenModel, compared: Compared): Promise<Parity> {
  const { task, traced, options, runtime } = compared;
  const dtypes = Object.values(traced.graph.outputs).map(({ dtype }) => dtype);
  const tolerance = options.precision === 'float32' ? toleranceOf(dtypes) : null;
  const session = await openSession(runtime, bytes);
  try {
    const parity = await measureParity(session, { task, variables: traced.variables, tolerance });
    if (parity.holds) return parity;
    throw await parityError(parity, compared);
  } finally {
    await session.close();
  }
}

async function parityError(parity: Parity, { task, traced, options, runtime }: Compared): Promise<GanError> {
  const { name, largest } = furtherApart(parity);
  if (parity.tolerance === null)
    return new GanError(
      'ERR_PARITY',
      `expected ${name} of float16 to be finite but some are not: the network’s numbers leave what 16 bits hold, so try precision float32`,
    );
  const where = await firstDifference(task, traced.graph, { options, runtime });
  return new GanError(
    'ERR_PARITY',
    `expected ${name} of ${parity.runtime} to be within ${parity.tolerance} of LibTorch’s but they are ${largest} apart: ${where}`,
  );
}

function writeOptions(
  task: ExportTask,
  { variables }: Traced,
  { precision, opset, text }: Required<Omit<OnnxOptions, 'runtime'>>,
): WriteOptions {
  const ports = {
    ...Object.fromEntries(task.inputs.map(({ name, description }) => [name, description])),
    ...task.outputs,
  };
  return {
    ...{ precision, opset, imageStatistics: task.imageStatistics },
    text: { ...text, description: task.description, ports },
    border: borderOf(task, variables),
    sizes: sizeSources(task, variables),
    weights: weightNames(task.networks),
  };
}
