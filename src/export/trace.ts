import { hasCode } from '../errors';
import type { Tensor } from '../tensor/tensor';
import { type Graph, graphOf } from './graph';
import type { SizeSource } from './onnx/builder';
import { type Recording, record } from './record';
import type { Variable } from './sizes';
import { type ExportTask, sizesOf } from './task';

/** Of the inputs that are recorded. */
export const EXAMPLE_SEED = 1;

/** A graph, and what its constants are read from: release it when it is written. */
export interface Traced {
  readonly graph: Graph;
  readonly first: Recording;
  /** The sizes that users choose; those of the task that were given up are fixed. */
  readonly variables: readonly Variable[];
  /** Why some sizes are fixed. */
  readonly notes: readonly string[];
  release(): void;
}

/** Inputs of a task, of sizes and of a seed: the caller's. */
export function examplesOf(
  { inputs }: ExportTask,
  sizes: Readonly<Record<string, number>>,
  seed: number,
): Record<string, Tensor> {
  return Object.fromEntries(inputs.map((input) => [input.name, input.example(sizes, seed)]));
}

/**
 * Records a task, once and once more for each size that users choose, and joins what it saw. Where other operators follow from another height or
 * width, or an error, those are fixed to what the model was built for.
 *
 * @throws GanError `ERR_NOT_EXPORTABLE` naming layer and operator
 */
export function trace(task: ExportTask): Traced {
  try {
    return traceFor(task, task.variables, []);
  } catch (error) {
    const [batch, ...others] = task.variables;
    if (others.length === 0) throw error;
    const sizes = others.map(({ name, value }) => `${name} = ${value}`).join(', ');
    const why = hasCode(error, 'ERR_NOT_EXPORTABLE')
      ? 'other operators follow from others'
      : 'the model does not run at all others';
    return traceFor(task, [batch], [`sizes are fixed to ${sizes}: ${why}`]);
  }
}

function traceFor(task: ExportTask, variables: readonly Variable[], notes: readonly string[]): Traced {
  const base = sizesOf(task.variables);
  const runs: Recording[] = [];
  const release = () => {
    for (const run of runs) run.release();
  };
  try {
    const sizes = [base, ...variables.map(({ name, other }) => ({ ...base, [name]: other }))];
    for (const each of sizes) runs.push(record(task, examplesOf(task, each, EXAMPLE_SEED)));
    return { graph: graphOf(runs, variables), first: runs[0], variables, notes, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Where each open size is read. */
export function sizeSources(
  { inputs }: ExportTask,
  variables: readonly Variable[],
): Record<string, SizeSource> {
  const found = variables.map(({ name }): [string, SizeSource] => {
    const input = inputs.find(({ shape }) => shape.includes(name)) ?? inputs[0];
    return [name, { input: input.name, axis: input.shape.indexOf(name) }];
  });
  return Object.fromEntries(found);
}

/** What is done about images of any size; nothing where their sizes are fixed. */
export function borderOf({ border }: ExportTask, variables: readonly Variable[]): ExportTask['border'] {
  return variables.length > 1 ? border : null;
}
