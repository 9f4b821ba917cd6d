import type { Figure } from '../suites';

/** A figure as a text of three or four digits; bytes become MB. */
export function format(value: number, unit: Figure['unit']): string {
  const shown = unit === 'MB' ? value / 1e6 : value;
  if (shown >= 100) return shown.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');
  return shown.toFixed(shown >= 10 ? 1 : 2);
}

/** A ratio to two digits behind the point, `×` behind. */
export function formatRatio(ratio: number): string {
  return `${ratio >= 100 ? ratio.toFixed(0) : ratio.toFixed(2)} ×`;
}

/** `1 round`, `5 rounds`. */
export function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
