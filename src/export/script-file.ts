import { writeFile } from 'node:fs/promises';
import { GanError } from '../errors';
import { ScriptModule } from '../io/script-module';
import { native } from '../native/addon';
import type { Handle } from '../native/types';
import { fromBytes } from '../tensor/create';
import { scope } from '../tensor/scope';
import { furtherApart, measureParity, type Parity } from './parity';
import type { RuntimeSession } from './runtime';
import type { ExportTask } from './task';
import { toleranceOf } from './tolerance';
import { type ScriptSource, writeScript } from './torchscript/write';
import { borderOf, sizeSources, trace } from './trace';
import { weightNames } from './weight-names';

/** The extra file in which a script says what it is; readers of images know it. */
const METADATA = 'libtorch-gan-export.json';

/** What was written, and how near to the networks it is. */
export interface ScriptExport {
  /** Of `forward`, in order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly parity: Parity;
  readonly notes: readonly string[];
}

/**
 * Writes a task as TorchScript, for `torch.jit.load`, reads it back, and compares it.
 *
 * @param file where to; what is there is replaced
 * @throws GanError `ERR_NOT_EXPORTABLE` naming layer and operator; `ERR_PARITY`
 */
export async function exportScript(task: ExportTask, file: string): Promise<ScriptExport> {
  const traced = scope(() => trace(task));
  try {
    const script = writeScript(traced.graph, {
      border: borderOf(task, traced.variables),
      sizes: sizeSources(task, traced.variables),
      weights: weightNames(task.networks),
      imageStatistics: task.imageStatistics,
    });
    await writeFile(file, new Uint8Array(encode(script, task)));
    const inputs = Object.keys(traced.graph.inputs);
    const outputs = Object.keys(traced.graph.outputs);
    const tolerance = toleranceOf(Object.values(traced.graph.outputs).map(({ dtype }) => dtype));
    const session = sessionOf(file, { inputs, outputs });
    const parity = await measureParity(session, { task, variables: traced.variables, tolerance });
    await session.close();
    if (!parity.holds) throw parityError(parity);
    return { inputs, outputs, parity, notes: [...task.notes, ...traced.notes] };
  } finally {
    traced.release();
  }
}

function encode({ source, buffers, filters }: ScriptSource, { description, facts }: ExportTask): ArrayBuffer {
  return scope(() => {
    const made = [...filters].map(([name, { weight, taps }]): [string, Handle] => {
      const options = { dtype: 'float32', shape: [1, 1, taps, taps], device: 'cpu' } as const;
      return [name, fromBytes(Float32Array.from(weight), options).handle];
    });
    const all = [...buffers, ...made];
    const metadata = JSON.stringify({ description, ...facts });
    return native().encodeScript(
      source,
      all.map(([name]) => name),
      all.map(([, handle]) => handle),
      METADATA,
      metadata,
    );
  });
}

function sessionOf(
  file: string,
  { inputs: order, outputs }: { readonly inputs: readonly string[]; readonly outputs: readonly string[] },
): RuntimeSession {
  const script = new ScriptModule(file);
  return {
    runtime: 'TorchScript',
    async run(inputs) {
      const made = Object.values(script.run(order.map((name) => inputs[name])));
      return Object.fromEntries(outputs.map((name, i) => [name, made[i]]));
    },
    async close() {
      script.dispose();
    },
  };
}

function parityError(parity: Parity): GanError {
  const { name, largest } = furtherApart(parity);
  return new GanError(
    'ERR_PARITY',
    `expected ${name} of the TorchScript to be within ${parity.tolerance} of the networks’ but they are ${largest} apart`,
  );
}
