import { UsageError } from '../errors';

/** Which of the equal parts of every batch a loader makes: that of one among several processes. */
export interface Share {
  /** 0 … `of` − 1 */
  readonly index: number;
  readonly of: number;
}

/** All of every batch. */
export const WHOLE: Share = { index: 0, of: 1 };

/** How many examples a share of a batch has. @throws UsageError where the batch has no equal parts, with the nearest that have */
export function shareOf(batch: number, { of }: Pick<Share, 'of'>): number {
  if (batch % of === 0) return batch / of;
  const below = batch - (batch % of);
  const nearest = [below, below + of].filter((each) => each > 0).join(' or ');
  throw new UsageError(
    `batch expected a multiple of the ${of} processes that share it but received ${batch}: choose ${nearest}, or ${countsFor(batch)} processes`,
  );
}

/** The numbers of processes among which a batch divides, those of one machine. */
function countsFor(batch: number): string {
  const counts = Array.from({ length: Math.min(batch, 64) }, (_, i) => i + 1).filter((n) => batch % n === 0);
  return counts.length === 1 ? '1' : `${counts.slice(0, -1).join(', ')} or ${counts.at(-1)}`;
}
