import { ops } from '../native/ops.generated';
import type { Handle } from '../native/types';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { wrap } from '../tensor/wrap';
import type { Graph } from './graph';
import { type WriteOptions, writeOnnx } from './onnx/write';
import { differenceOf } from './parity';
import { openSession } from './runtime';
import { type ExportTask, sizesOf } from './task';
import { TOLERANCE } from './tolerance';
import { EXAMPLE_SEED, examplesOf } from './trace';

/** Where two runtimes part, in words: every operator’s result is compared, on the inputs that were recorded. */
export async function firstDifference(
  task: ExportTask,
  graph: Graph,
  { options, runtime }: { readonly options: WriteOptions; readonly runtime: string },
): Promise<string> {
  if (task.imageStatistics) return 'its norms are of each image, so which layer it begins in is not known';
  const { bytes, results } = writeOnnx(graph, { ...options, everything: true });
  const session = await openSession(runtime, bytes);
  const inputs = keep(scope(() => examplesOf(task, sizesOf(task.variables), EXAMPLE_SEED)));
  try {
    const got = keep(await session.run(inputs));
    const differs = results.map(({ name, value }) => {
      const expected = borrowed(value.recorded.handle);
      const { largest } = differenceOf(expected, got[name]);
      expected.dispose();
      return !(largest <= TOLERANCE);
    });
    for (const tensor of Object.values(got)) tensor.dispose();
    const first = results[differs.indexOf(true)];
    if (!first)
      return 'each layer agrees on the inputs that were recorded, so it differs for other sizes only';
    const { name, layer } = first.call;
    return `the first to differ is the operator ${name}${layer === '' ? '' : ` of ${layer}`}`;
  } finally {
    for (const tensor of Object.values(inputs)) tensor.dispose();
    await session.close();
  }
}

/** A tensor of what was recorded, with a handle of its own: the recording releases its handle itself. */
function borrowed(handle: Handle): Tensor {
  return keep(wrap(ops.alias(handle), 'alias'));
}
