import type { DataKind } from './dataset';

/** What a data set of this name gives: `pairs:PATH` pairs, `unpaired:…` two domains, any other name images alone. */
export function dataKindOf(name: string): DataKind {
  if (name.startsWith('pairs:')) return 'pairs';
  return name.startsWith('unpaired:') ? 'unpaired' : 'images';
}
