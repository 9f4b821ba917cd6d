import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeError } from '../io/file-error';
import { makeFolder } from '../io/make-folder';
import { writeSafetensors } from '../io/safetensors';
import { tensorsToRecords } from '../io/tensors';
import { scope } from '../tensor/scope';
import type { LoadedModel } from '../training/load';
import { version } from '../version';

/** A file of weights. */
export interface WeightsFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly tensors: number;
}

/**
 * Writes the weights of the networks that a model’s sampler runs into a folder, `NAME.safetensors` each with PyTorch’s names, and `config.json`: what they
 * were trained as, and how they are used.
 *
 * @throws GanError `ERR_CANNOT_WRITE`
 */
export async function exportWeights(
  model: LoadedModel,
  folder: string,
  facts: Readonly<Record<string, unknown>>,
): Promise<WeightsFile[]> {
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
    sampler: facts,
  };
  const path = join(folder, 'config.json');
  await writeFile(path, `${JSON.stringify(config, null, 2)}\n`).catch((error: unknown) =>
    Promise.reject(writeError(path, error)),
  );
  return files;
}
