import { UsageError } from '../errors';

/** Throws a usage error unless `resolution` is an integer from 4 to 4096. */
export function requireResolution(dataset: string, resolution: number): void {
  if (!Number.isInteger(resolution) || resolution < 4 || resolution > 4096)
    throw new UsageError(`${dataset}: resolution must be an integer from 4 to 4096, got ${resolution}`);
}
