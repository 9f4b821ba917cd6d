import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject } from '../io/json';

/** A file of weights in a folder that `export --format safetensors` wrote; null for any other. The `config.json` of a run has settings. */
export async function exportedWeights(folder: string): Promise<string | null> {
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => '');
  try {
    const config: unknown = JSON.parse(text);
    if (!isJsonObject(config) || config.libtorchGan === undefined || config.settings !== undefined)
      return null;
    const [name] = isJsonObject(config.networks) ? Object.keys(config.networks) : [];
    return name === undefined ? null : join(folder, `${name}.safetensors`);
  } catch {
    // A damaged one is a run's as well as an export's.
    return null;
  }
}
