import type { Summary } from '../statistics';
import type { Figure } from '../suites';

/** A figure as a text of three or four digits; bytes become MB. */
export function format(value: number, unit: Figure['unit']): string {
  const shown = unit === 'MB' ? value / 1e6 : value;
  if (shown >= 100) return shown.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');
  if (shown >= 10) return shown.toFixed(1);
  return shown >= 0.1 ? shown.toFixed(2) : String(Number(shown.toPrecision(2)));
}

/** A ratio to two digits behind the point, or none where it is large: `1.42 ×`. */
export function formatRatio(ratio: number): string {
  return `${ratioDigits(ratio)} ×`;
}

/** A ratio with its spread, where it has one: `1.42 × (1.38 – 1.50)`. */
export function formatRatios({ median, min, max }: Summary, rounds: number): string {
  const spread = rounds > 1 ? ` (${ratioDigits(min)} – ${ratioDigits(max)})` : '';
  return `${formatRatio(median)}${spread}`;
}

function ratioDigits(ratio: number): string {
  return ratio.toFixed(ratio >= 100 ? 0 : 2);
}

/** `1 round`, `5 rounds`. */
export function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
