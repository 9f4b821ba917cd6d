import { stat } from 'node:fs/promises';
import { pathText } from '../check';
import { writeWhole } from '../io/whole-file';
import type { LoadedModel } from '../training/load';
import { type TaskOptions, taskOf } from './model-task';
import { exportScript, type ScriptExport } from './script-file';

/** What {@link exportTorchScript} wrote. */
export interface ExportedTorchScript extends ScriptExport {
  /** Of the file. */
  readonly bytes: number;
}

/**
 * Writes a loaded model as TorchScript: `torch.jit.load('faces.pt')(latents)` in Python, or `new ScriptModule('faces.pt')` here, makes what `model.run` makes. It gets its name once it was
 * read back and agreed with the networks.
 *
 * @param file where to; what is there is replaced
 * @throws GanError `ERR_NOT_EXPORTABLE` naming layer and operator, `ERR_PARITY` where the largest difference is above 1e-4, `ERR_CANNOT_WRITE`; UsageError for options of another
 *   kind of model
 */
export async function exportTorchScript(
  model: LoadedModel,
  file: string,
  options: TaskOptions = {},
): Promise<ExportedTorchScript> {
  pathText('exportTorchScript', file);
  const task = taskOf(model, options);
  const made: ScriptExport[] = [];
  await writeWhole(file, async (partial) => {
    made.push(await exportScript(task, partial));
  });
  const { size } = await stat(file);
  return { ...made[0], bytes: size };
}
