import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeError } from '../io/file-error';
import { makeFolder } from '../io/make-folder';
import { writeSafetensors } from '../io/safetensors';
import { tensorsToRecords } from '../io/tensors';
import { scope } from '../tensor/scope';
import type { LoadedModel } from '../training/load';
import { version } from '../version';
import { taskOf } from './model-task';

/** A file of weights. */
export interface WeightsFile {
  /** Its name in the folder. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly tensors: number;
}

/**
 * Writes the weights of the networks that a loaded model’s sampler runs into a folder: `NAME.safetensors` each, with PyTorch’s names and layouts, and `config.json`, which says what
 * they were trained as and how they are used. `readSafetensors`, `loadStateDict` and Python’s `safetensors.torch.load_file` take them.
 *
 * @param folder made where it is not there; files of the same names are replaced
 * @throws GanError `ERR_CANNOT_WRITE`
 */
export async function exportSafetensors(model: LoadedModel, folder: string): Promise<WeightsFile[]> {
  makeFolder(folder);
  const files: WeightsFile[] = [];
  for (const [name, network] of Object.entries(model.networks)) {
    const records = scope(() => tensorsToRecords(network.stateDict()));
    const file = `${name}.safetensors`;
    const written = await writeSafetensors(join(folder, file), records, { metadata: { format: 'pt' } });
    files.push({ file, ...written, tensors: Object.keys(records).length });
  }
  const { recipe, set } = model.settings;
  const config = {
    ...{ libtorchGan: version, recipe, set, specs: model.specs, step: model.step, weights: model.weights },
    ...(model.classNames.length > 0 && { classNames: model.classNames }),
    networks: Object.fromEntries(
      files.map(({ file, sha256 }) => [file.replace(/\.safetensors$/, ''), { file, sha256 }]),
    ),
    sampler: taskOf(model, {}).facts,
  };
  const path = join(folder, 'config.json');
  await writeFile(path, `${JSON.stringify(config, null, 2)}\n`).catch((error: unknown) =>
    Promise.reject(writeError(path, error)),
  );
  return files;
}
