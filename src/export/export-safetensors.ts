import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathText } from '../check';
import { UsageError } from '../errors';
import { writeSafetensors } from '../io/safetensors';
import { tensorsToRecords } from '../io/tensors';
import { type WriteFile, writeWholeFolder } from '../io/whole-file';
import { scope } from '../tensor/scope';
import type { LoadedModel } from '../training/load';
import { version } from '../version';
import { chosenNames } from './class-names';
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
 * @param folder made where it is not there; files of the same names are replaced, once all are written
 * @throws GanError `ERR_CANNOT_WRITE`; UsageError for the folder of a run or a checkpoint, whose files would be replaced
 */
export async function exportSafetensors(model: LoadedModel, folder: string): Promise<WeightsFile[]> {
  pathText('exportSafetensors', folder);
  refuseRuns(folder);
  const files: WeightsFile[] = [];
  const weights = Object.entries(model.networks).map(([name, network]): [string, WriteFile] => {
    const file = `${name}.safetensors`;
    return [
      file,
      async (partial) => {
        const records = scope(() => tensorsToRecords(network.stateDict()));
        const written = await writeSafetensors(partial, records, { metadata: { format: 'pt' } });
        files.push({ file, ...written, tensors: Object.keys(records).length });
      },
    ];
  });
  await writeWholeFolder(folder, {
    ...Object.fromEntries(weights),
    'config.json': (partial) => writeFile(partial, `${JSON.stringify(configOf(model, files), null, 2)}\n`),
  });
  return files;
}

/** @throws UsageError for a folder of a run, or of a checkpoint */
function refuseRuns(folder: string): void {
  const holds = (...names: string[]) => names.every((name) => existsSync(join(folder, name)));
  if (holds('config.json', 'metrics.jsonl') || holds('manifest.json', 'networks'))
    throw new UsageError(
      `exportSafetensors expects a folder of its own, but ${folder} is a run or a checkpoint, whose files it would replace: choose another folder`,
    );
}

/** What the weights are of; the files of weights must be written. */
function configOf(model: LoadedModel, files: readonly WeightsFile[]): object {
  const { recipe, set } = model.settings;
  const classNames = chosenNames(model);
  return {
    ...{ libtorchGan: version, recipe, set, specs: model.specs, step: model.step, weights: model.weights },
    ...(classNames.length > 0 && { classNames }),
    networks: Object.fromEntries(
      files.map(({ file, sha256 }) => [file.replace(/\.safetensors$/, ''), { file, sha256 }]),
    ),
    sampler: taskOf(model, {}).facts,
  };
}
