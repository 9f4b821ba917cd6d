import type { Protocol } from '../src/report/evaluations';

/** What all protocols have in common, as `name value, …`; hashes by their first digits. */
export function sharedProtocol([first = {}, ...others]: readonly Protocol[]): string {
  const shared = Object.entries(first).filter(([name, value]) =>
    others.every((other) => other[name] === value),
  );
  return shared
    .map(([name, value]) => `${name} ${String(value).replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, '$1')}`)
    .join(', ');
}
