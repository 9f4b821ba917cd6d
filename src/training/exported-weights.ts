import { join } from 'node:path';
import { isJsonObject, type JsonObject, readJsonObject } from '../io/json';

/** A file of weights in a folder that `export --format safetensors` wrote; null for any other. The `config.json` of a run has settings. */
export function exportedWeights(folder: string): string | null {
  const { libtorchGan, settings, networks } = readConfig(folder);
  if (libtorchGan === undefined || settings !== undefined) return null;
  const [name] = isJsonObject(networks) ? Object.keys(networks) : [];
  return name === undefined ? null : join(folder, `${name}.safetensors`);
}

/** Nothing where it cannot be read: a damaged one is a run's as well as an export's. */
function readConfig(folder: string): JsonObject {
  try {
    return readJsonObject(join(folder, 'config.json'));
  } catch {
    return {};
  }
}
