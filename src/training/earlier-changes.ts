import { isDeepStrictEqual } from 'node:util';
import { readSealedJson } from '../io/sealed-json';

/**
 * The changes of a run that goes on from a step, each with the step it holds from: those that its `config.json` tells of, and the new ones.
 * None of before where that file is damaged: it is written again from the checkpoint, which does not know of them.
 *
 * @param options.until the step from which on earlier ones hold no more (all hold)
 */
export function changesOf(
  config: string,
  options: { readonly step: number; readonly changes: readonly string[]; readonly until?: number },
): { readonly all: readonly unknown[]; readonly fresh: readonly string[] } {
  const { step, changes, until = Number.POSITIVE_INFINITY } = options;
  const fresh = changes.map((change) => `from step ${step} on: ${change}`);
  const earlier = earlierChanges(config).filter((change) => !(stepOfChange(change) >= until));
  return { all: [...earlier, ...fresh], fresh };
}

function stepOfChange(change: unknown): number {
  return Number(/^from step (\d+) on: /.exec(String(change))?.[1]);
}

function earlierChanges(config: string): readonly unknown[] {
  try {
    const { changes } = readSealedJson(config);
    return Array.isArray(changes) ? changes : [];
  } catch {
    return [];
  }
}

/**
 * Whether a run goes on with the configuration that its checkpoint was made with. One that ended before it wrote another has its changes in
 * `config.json` alone.
 */
export function sameConfig(
  now: Readonly<Record<string, unknown>>,
  before: Readonly<Record<string, unknown>>,
): boolean {
  const [a, b] = [now, before].map(({ set }) => JSON.parse(JSON.stringify(set ?? {})));
  return isDeepStrictEqual(a, b);
}
