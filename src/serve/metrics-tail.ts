import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { hasCode } from '../errors';
import { isJsonObject, type JsonObject } from '../io/json';
import type { Metrics } from '../report/page/metrics';
import { thin } from '../report/page/thin';
import type { MetricsRow } from '../report/page/wire';

/** A curve that grows. */
interface GrowingCurve {
  x: number[];
  y: (number | null)[];
}

/** Bytes that are read at once: the events of others go on in between. */
const CHUNK = 1 << 20;
/** The longest line that is waited for; what is longer is none. */
const LONGEST = 1 << 20;
/** Points of a curve that are kept. */
const MOST_POINTS = 20_000;
/** Bytes before the place that was read up to: where they changed, the file is another one. */
const PROBE = 64;

/**
 * Follows a `metrics.jsonl` while it grows: each {@link poll} reads what came since the last one. A file that was cut, as at a resume or a
 * rollback, or replaced is read anew.
 */
export class MetricsTail implements Metrics {
  /** Counts how often the file was read from its start: what was told of it before does not hold. */
  generation = 0;
  /** Lines of this generation. */
  count = 0;
  lastStep = 0;
  /** The newest lines, {@link count} being the number after the last of them. */
  recent: MetricsRow[] = [];
  readonly #file: string;
  readonly #kept: number;
  #curves = new Map<string, GrowingCurve>();
  #missing = new Map<string, number>();
  #place = 0;
  #half = Buffer.alloc(0);
  #probe = Buffer.alloc(0);

  /** @param kept how many of the newest lines {@link recent} holds */
  constructor(file: string, { kept = 1_000 }: { readonly kept?: number } = {}) {
    this.#file = file;
    this.#kept = kept;
  }

  get curves(): Metrics['curves'] {
    return this.#curves;
  }

  get notFinite(): Metrics['notFinite'] {
    return this.#missing;
  }

  /** Reads what is new; whether there was anything. A file that is not there has no lines. */
  async poll(): Promise<boolean> {
    let file: FileHandle | undefined;
    const before = [this.generation, this.count].join();
    try {
      // Not as a pipe is opened, which waits for its writer; it has no size.
      file = await open(this.#file, constants.O_RDONLY | constants.O_NONBLOCK);
      const { size } = await file.stat();
      if (size < this.#place || !(await this.#isSame(file))) this.#restart();
      await this.#read(file, size);
    } catch (error) {
      if (hasCode(error, 'ENOENT') && this.#place > 0) this.#restart();
    } finally {
      await file?.close();
    }
    return before !== [this.generation, this.count].join();
  }

  #restart(): void {
    this.generation++;
    this.count = 0;
    this.lastStep = 0;
    this.recent = [];
    this.#curves = new Map();
    this.#missing = new Map();
    this.#place = 0;
    this.#half = Buffer.alloc(0);
    this.#probe = Buffer.alloc(0);
  }

  async #isSame(file: FileHandle): Promise<boolean> {
    const found = Buffer.alloc(this.#probe.length);
    await file.read(found, 0, found.length, this.#place - found.length);
    return found.equals(this.#probe);
  }

  async #read(file: FileHandle, size: number): Promise<void> {
    while (this.#place < size) {
      const chunk = Buffer.alloc(Math.min(CHUNK, size - this.#place));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, this.#place);
      if (bytesRead === 0) return;
      const bytes = chunk.subarray(0, bytesRead);
      this.#place += bytesRead;
      this.#probe = Buffer.concat([this.#probe, bytes]).subarray(-PROBE);
      this.#take(bytes);
    }
  }

  #take(bytes: Buffer): void {
    const text = Buffer.concat([this.#half, bytes]);
    const end = text.lastIndexOf('\n') + 1;
    for (const line of text.toString('utf8', 0, end).split('\n')) this.#line(line);
    const rest = text.subarray(end);
    this.#half = rest.length > LONGEST ? Buffer.alloc(0) : Buffer.from(rest);
  }

  #line(text: string): void {
    const line = rowOf(text);
    if (!line) return;
    // A step that comes again counts as it came last, and what is after it was of a training that went on otherwise.
    if (this.count > 0 && line.step <= this.lastStep) this.#cut(line.step);
    this.lastStep = line.step;
    this.count++;
    this.recent.push(line);
    if (this.recent.length > 2 * this.#kept) this.recent = this.recent.slice(-this.#kept);
    for (const [name, value] of Object.entries(line))
      if (name !== 'step') this.#point(name, line.step, value);
  }

  #point(name: string, step: number, value: number | null): void {
    const curve = this.#curves.get(name) ?? { x: [], y: [] };
    this.#curves.set(name, curve);
    curve.x.push(step);
    curve.y.push(value);
    if (value === null) this.#missing.set(name, (this.#missing.get(name) ?? 0) + 1);
    if (curve.x.length <= MOST_POINTS) return;
    const { x, y } = thin(curve, MOST_POINTS / 2);
    this.#curves.set(name, { x: [...x], y: [...y] });
  }

  #cut(step: number): void {
    this.generation++;
    this.recent = this.recent.filter((line) => line.step < step);
    for (const curve of this.#curves.values()) {
      const length = curve.x.findIndex((x) => x >= step);
      if (length < 0) continue;
      curve.x.length = length;
      curve.y.length = length;
    }
    this.#missing = new Map();
    for (const [name, { y }] of this.#curves) {
      const missing = y.filter((value) => value === null).length;
      if (missing > 0) this.#missing.set(name, missing);
    }
  }
}

function rowOf(text: string): MetricsRow | undefined {
  if (text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || typeof value.step !== 'number' || !Number.isFinite(value.step))
    return undefined;
  const { step, ...rest } = value;
  return { ...numbersOf(rest), step };
}

/** JSON writes what is not finite as null; `1e999` reads as infinity. */
function numbersOf(values: JsonObject): Record<string, number | null> {
  const isValue = (entry: [string, unknown]): entry is [string, number | null] =>
    typeof entry[1] === 'number' || entry[1] === null;
  const entries = Object.entries(values).filter(isValue);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value !== null && Number.isFinite(value) ? value : null]),
  );
}
