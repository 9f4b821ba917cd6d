import { messageOf, UsageError } from '../errors';
import { isJsonObject, type JsonObject } from '../io/json';
import { readSealedJson } from '../io/sealed-json';

/**
 * Reads `--config FILE`: a JSON object of settings by the names of their flags in camelCase, and the recipe's own under `set`.
 * A run's `config.json` will do: its `settings` are taken.
 *
 * @throws UsageError when the file cannot be read or holds something else
 */
export function readConfigFile(path: string): JsonObject {
  try {
    const value = readSealedJson(path);
    return isJsonObject(value.settings) ? value.settings : value;
  } catch (error) {
    throw new UsageError(`--config: ${messageOf(error)}`, { cause: error });
  }
}
