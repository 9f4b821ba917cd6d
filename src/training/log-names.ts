import { UsageError } from '../errors';
import { RATE_PREFIX } from './learning-rates';

/** Names of the numbers of skipped updates begin so, and no other number of the log does. */
export const SKIPPED_PREFIX = 'skipped/';

/** The share of its time that a process has waited for the others it trains with. */
export const WAITING = 'parallel/waiting';

/** What each line of the log has beside losses and what losses log. */
export const LINE_NAMES: readonly string[] = [
  'step',
  'imagesSeen',
  'imagesPerSecond',
  WAITING,
  'stage',
  'rollbacks',
];

/**
 * Checks what a loss calls a number that it logs: a line of the log has each name once.
 *
 * @param phases names of the phases, which their losses have in the log
 * @throws UsageError for a name that the log has of its own, and one that is none
 */
export function checkLogName(name: string, phases: readonly string[]): void {
  if (typeof name !== 'string' || name === '' || name === '__proto__')
    throw new UsageError(`step.log expected a name but received ${JSON.stringify(name) ?? String(name)}`);
  const taken = LINE_NAMES.includes(name) ? 'has in every line' : 'has for the loss of that phase';
  for (const [prefix, what] of [
    [RATE_PREFIX, 'rates'],
    [SKIPPED_PREFIX, 'counts of skipped updates'],
  ])
    if (name.startsWith(prefix))
      throw new UsageError(
        `step.log expected a name of its own but received ${JSON.stringify(name)}, and ${prefix} begins the ${what} in each line: choose another`,
      );
  if (LINE_NAMES.includes(name) || phases.includes(name))
    throw new UsageError(
      `step.log expected a name of its own but received ${JSON.stringify(name)}, which the log ${taken}: choose another`,
    );
}
