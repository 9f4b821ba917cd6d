import { domainNames, parseName } from '../data/sources';
import { UsageError } from '../errors';
import { flagOf, type Given, type TrainSettings } from './settings';

/** What only some ways to meet a divergence have. */
const OF_DIVERGENCE = { skipLimit: 'skip', rollbackFactor: 'rollback', rollbackLimit: 'rollback' };

/** @throws UsageError for a flag that says nothing here; files of settings, which have all of them, are not asked */
export function checkUsed(
  flags: Given['flags'],
  { dataset, onDivergence }: Pick<TrainSettings, 'dataset' | 'onDivergence'>,
): void {
  const idle = ['fit', 'onBadImage'].find((key) => flags[key] !== undefined);
  if (idle !== undefined && !hasFiles(dataset))
    throw new UsageError(
      `${flagOf(idle)} is of images in files, but ${dataset} has its own: leave it out, or try --dataset folder:PATH`,
    );
  for (const [key, policy] of Object.entries(OF_DIVERGENCE))
    if (flags[key] !== undefined && onDivergence !== policy)
      throw new UsageError(
        `${flagOf(key)} is of --on-divergence ${policy}, but this is ${onDivergence}: add --on-divergence ${policy}, or leave ${flagOf(key)} out`,
      );
}

/** Whether any of the images lie in files of the user's: those of a set that has a name do not. */
function hasFiles(dataset: string): boolean {
  const { kind, place } = parseName(dataset);
  const domains = kind === 'unpaired' ? domainNames(place) : null;
  return domains ? domains.some(hasFiles) : kind !== 'set';
}
