/** Maps values to pixels. */
export interface Scale {
  readonly ticks: readonly number[];
  /** Pixel of a value; NaN where the scale has no place for it. */
  at(value: number): number;
  /** Value of a pixel. */
  invert(pixel: number): number;
}

/** The ends of a scale. */
export interface Ends {
  /** Values. */
  readonly domain: readonly [number, number];
  /** Their pixels. */
  readonly pixels: readonly [number, number];
  /** About how many ticks. */
  readonly count: number;
}

/** Equal differences have equal lengths. */
export function linearScale({ domain: [low, high], pixels: [from, to], count }: Ends): Scale {
  const perUnit = (to - from) / (high - low);
  return {
    ticks: linearTicks(low, high, count),
    at: (value) => from + (value - low) * perUnit,
    invert: (pixel) => low + (pixel - from) / perUnit,
  };
}

/** Equal ratios have equal lengths; only what is above 0 has a place. */
export function logScale({ domain: [low, high], pixels, count }: Ends): Scale {
  const { at, invert } = linearScale({ domain: [Math.log10(low), Math.log10(high)], pixels, count });
  return {
    ticks: logTicks(low, high, count),
    at: (value) => (value > 0 ? at(Math.log10(value)) : Number.NaN),
    invert: (pixel) => 10 ** invert(pixel),
  };
}

/** Multiples of 1, 2 or 5 times a power of ten, inside the ends. */
export function linearTicks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // A product of whole numbers, not a sum: 0.1 + 0.2 would be labelled as it is.
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => tidy((first + at) * step));
}

/** Powers of ten; over less than two decades 2 and 5 times them as well. */
export function logTicks(low: number, high: number, count: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const every = Math.max(1, Math.ceil((last - first) / Math.max(1, count)));
  const factors = last - first <= 3 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = first; power <= last; power += every)
    for (const factor of factors) ticks.push(tidy(factor * 10 ** power));
  const inside = ticks.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
  return inside.length >= 2 ? inside : linearTicks(low, high, count).filter((tick) => tick > 0);
}

function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

/** A tick's label: `0.005`, `2`, `12,500`, `1e-7`. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential().replace('e+', 'e');
  return value.toLocaleString('en-US', { maximumFractionDigits: 6 }).replace(/^-/, '−');
}

/** A value that is read off, in about four significant digits. */
export function formatReading(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-4 || size >= 1e7) return value.toExponential(2).replace('e+', 'e');
  const digits = size >= 1000 ? 0 : Math.min(6, 3 - Math.floor(Math.log10(Math.max(size, 0.001))));
  return value
    .toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .replace(/^-/, '−');
}

/** The last value that there is, read off. */
export function lastReading(values: readonly (number | null)[]): string {
  const last = values.filter((value) => value !== null).at(-1);
  return last === undefined ? '–' : formatReading(last);
}
