import { UsageError } from '../errors';

/**
 * Refuses `--out -`: a file of that name is hardly meant, and standard output has the results alone.
 *
 * @param example a path that may be meant
 * @throws UsageError
 */
export function refuseDash(out: string | undefined, example: string): void {
  if (out === '-')
    throw new UsageError(
      `--out expects a path, but got -, and nothing is written to standard output: try --out ${example}`,
    );
}
