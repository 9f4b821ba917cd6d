import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { GanError, messageOf } from '../../errors';
import { isJsonObject, type JsonObject, readJsonObject } from '../../io/json';
import { readSealedJson } from '../../io/sealed-json';
import { type EvaluationRow, readEvaluations } from '../evaluations';
import type { Metrics } from './metrics';
import { type EmbeddedPicture, MOST_BYTES, readPicture, readSamples, type Samples } from './pictures';
import { readMetrics } from './read-metrics';

/** How far samples are from the real images nearest to them. */
export interface Neighbours {
  /** Real images a sample, beside it in the picture. */
  readonly k: number;
  readonly samples: readonly { readonly distance: readonly number[]; readonly index: readonly number[] }[];
  /** Median distance of a real image from the nearest other one. */
  readonly realMedian: number;
}

/** From when on a model that has learned what is normal takes an image for an unusual one. */
export interface Threshold {
  /** The step of the weights that it is of. */
  readonly step: number;
  readonly threshold: number;
  /** The share of normal images that may lie above it. */
  readonly falseAlarms: number;
  /** The share of the learned images that does: more where they hold what should be found. */
  readonly learnedAbove: number;
}

/** What a run's small files say. */
export interface RunFacts {
  /** `config.json`; empty where it cannot be read. */
  readonly config: JsonObject;
  readonly evaluations: readonly EvaluationRow[];
  readonly neighbours?: Neighbours;
  readonly threshold?: Threshold;
  /** The step of the weights in `best/`. */
  readonly bestStep?: number;
  /** What could not be read, and how often the run went back to a checkpoint: a sentence each. */
  readonly notes: readonly string[];
}

/** Everything a report page shows of a run. */
export interface RunData extends RunFacts {
  /** As it was given. */
  readonly directory: string;
  /** The folder's name. */
  readonly name: string;
  readonly metrics: Metrics;
  readonly samples: Samples;
  readonly pictures: Readonly<Partial<Record<PictureName, EmbeddedPicture>>>;
}

/** The pictures of an evaluation. */
export type PictureName = (typeof PICTURES)[number];

/** The names of {@link PictureName}: `evaluation/NAME.png`. */
export const PICTURES = ['real', 'fake', 'neighbours'] as const;

/**
 * Reads a run directory. Only a run without any configuration or log is none: all else may be absent, damaged or growing.
 *
 * @throws GanError `ERR_NO_RUN` where the folder holds neither a `config.json` nor a `metrics.jsonl`; `ERR_CANNOT_READ`
 */
export async function readRun(directory: string): Promise<RunData> {
  if (!['config.json', 'metrics.jsonl'].some((name) => existsSync(join(directory, name))))
    throw new GanError(
      'ERR_NO_RUN',
      `${directory} expected a run directory with a config.json but it has none: check the path`,
    );
  const notes: string[] = [];
  const pictures = await readPictures(join(directory, 'evaluation'), notes);
  const taken = Object.values(pictures).reduce((sum, { source }) => sum + source.length * 0.75, 0);
  const facts = readFacts(directory);
  return {
    ...facts,
    directory,
    name: basename(resolve(directory)),
    metrics: readMetrics(join(directory, 'metrics.jsonl')),
    samples: await readSamples(join(directory, 'samples'), MOST_BYTES - taken),
    pictures,
    notes: [...notes, ...facts.notes],
  };
}

/**
 * Reads the small files of a run directory, absent or damaged as they may be.
 *
 * @throws GanError `ERR_CANNOT_READ`
 */
export function readFacts(directory: string): RunFacts {
  const notes: string[] = [];
  const neighbours = readNeighbours(join(directory, 'evaluation', 'neighbours.json'));
  const config = readConfig(join(directory, 'config.json'), notes);
  notes.push(...rollbackNotes(config));
  const threshold = readThreshold(join(directory, 'threshold.json'));
  const bestStep = readStep(join(directory, 'best', 'manifest.json'));
  return {
    config,
    evaluations: readEvaluations(join(directory, 'evaluations.jsonl'), (note) => notes.push(`${note}.`)),
    ...(neighbours && { neighbours }),
    ...(threshold && { threshold }),
    ...(bestStep !== undefined && { bestStep }),
    notes,
  };
}

function readConfig(file: string, notes: string[]): JsonObject {
  try {
    return readSealedJson(file);
  } catch (error) {
    notes.push(`The configuration could not be read: ${messageOf(error)}.`);
    return {};
  }
}

function rollbackNotes({ rollbacks }: JsonObject): string[] {
  const told = Array.isArray(rollbacks) ? rollbacks.filter(isJsonObject) : [];
  return told.map(
    ({ from, to, problem, factor }) =>
      `Diverged at step ${from} (expected ${problem}): back at step ${to}, with the learning rates times ${factor}.`,
  );
}

/** No single picture of an evaluation takes more than a quarter of the page. */
async function readPictures(folder: string, notes: string[]): Promise<RunData['pictures']> {
  const pictures: Record<string, EmbeddedPicture> = {};
  for (const name of PICTURES) {
    const picture = await readPicture(join(folder, `${name}.png`));
    if (picture && picture.source.length * 0.75 > MOST_BYTES / 4)
      notes.push(`evaluation/${name}.png is too large to be part of this page.`);
    else if (picture) pictures[name] = picture;
  }
  return pictures;
}

function readNeighbours(file: string): Neighbours | undefined {
  const found = readOptional(file);
  const { k, samples, realMedian } = found ?? {};
  if (typeof k !== 'number' || typeof realMedian !== 'number' || !Array.isArray(samples)) return undefined;
  const rows = samples.filter(isJsonObject).map(({ distance, index }) => ({
    distance: numbers(distance),
    index: numbers(index),
  }));
  return rows.some(({ distance }) => distance.length > 0) ? { k, samples: rows, realMedian } : undefined;
}

function readThreshold(file: string): Threshold | undefined {
  const { step, threshold, falseAlarms, learnedAbove } = readOptional(file) ?? {};
  const found = { step, threshold, falseAlarms, learnedAbove };
  const isWhole = (values: Record<string, unknown>): values is Record<keyof Threshold, number> =>
    Object.values(values).every(Number.isFinite);
  return isWhole(found) ? found : undefined;
}

function numbers(values: unknown): number[] {
  return Array.isArray(values) ? values.filter((value) => typeof value === 'number') : [];
}

function readStep(file: string): number | undefined {
  const step = readOptional(file)?.step;
  return typeof step === 'number' ? step : undefined;
}

/** An object of the run; undefined where it is not there, or not whole. */
function readOptional(file: string): JsonObject | undefined {
  try {
    return readJsonObject(file);
  } catch {
    return undefined;
  }
}
