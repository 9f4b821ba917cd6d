import { type JsonObject, readJsonLines } from '../../io/json';
import type { Metrics } from './metrics';
import type { Curve } from './thin';

/**
 * Reads a `metrics.jsonl`, absent or half-written as it may be. A step that comes twice counts as it came last.
 *
 * @throws GanError `ERR_CANNOT_READ` when the file is there but cannot be read
 */
export function readMetrics(file: string): Metrics {
  const bySteps = new Map<number, JsonObject>();
  for (const line of readJsonLines(file)) if (typeof line.step === 'number') bySteps.set(line.step, line);
  const lines = [...bySteps].sort(([a], [b]) => a - b);
  const names = new Set(lines.flatMap(([, line]) => Object.keys(line)));
  names.delete('step');
  const curves = new Map<string, Curve>();
  const notFinite = new Map<string, number>();
  for (const name of names) {
    const having = lines.filter(([, line]) => Object.hasOwn(line, name) && isNumberOrNull(line[name]));
    if (having.length === 0) continue;
    const y = having.map(([, line]) => finite(line[name]));
    curves.set(name, { x: having.map(([step]) => step), y });
    const missing = y.filter((value) => value === null).length;
    if (missing > 0) notFinite.set(name, missing);
  }
  return { curves, notFinite, lastStep: lines.at(-1)?.[0] ?? 0 };
}

function isNumberOrNull(value: unknown): boolean {
  return typeof value === 'number' || value === null;
}

/** JSON writes what is not finite as null; `1e999` reads as infinity. */
function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
