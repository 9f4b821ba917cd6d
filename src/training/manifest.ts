import type { DataSpecs, ImageSpec } from '../data/dataset';
import type { DataIdentity, PartIdentity } from '../data/identity';
import { GanError, messageOf } from '../errors';
import { isJsonObject, type JsonObject, parseJson } from '../io/json';
import { sealed, sealFits } from '../io/sealed-json';
import type { LearningRates } from './learning-rates';
import { parseRollbacks, type Rollback } from './rollback-record';
import type { StagePlace } from './stages';

/** In what the losses of a training are computed: all in float32, or under autocast with bfloat16. */
export type Precision = 'fp32' | 'bf16';

/** Whether a value names one. */
export function isPrecision(value: unknown): value is Precision {
  return value === 'fp32' || value === 'bf16';
}

/** What `manifest.json` says, beside the files: everything needed to build the networks again. */
export interface CheckpointDescription {
  /** Steps done. */
  readonly step: number;
  /** Examples seen. */
  readonly images: number;
  /** In which of the training's stages the last step was. Absent where it is all of one. */
  readonly stage?: StagePlace;
  /** What the losses were computed in: a resumed run goes on in it. Absent where it was not kept. */
  readonly precision?: Precision;
  /** The networks as they print themselves, by name. */
  readonly topology: JsonObject;
  /** The images it learns from, by their names in batches. */
  readonly specs: DataSpecs;
  /** What those images were. Absent where it was not kept. */
  readonly data?: DataIdentity;
  /** Batches that a pass through the data has. */
  readonly batchesPerEpoch: number;
  /** The place of the loader, which it alone reads. */
  readonly loader: JsonObject;
  /** What the run was started with; `recipe` and `set` name the recipe and its configuration. */
  readonly settings: JsonObject;
  /** What weights of another training the run started from. Absent where it started from random ones. */
  readonly init?: JsonObject;
  /** By phase, one a parameter group, those of the next update. Absent where they were not kept. */
  readonly learningRates?: LearningRates;
  /** How often the run went back to a checkpoint before this one. Absent where it did not. */
  readonly rollbacks?: readonly Rollback[];
  /** Versions of the library and of LibTorch. */
  readonly versions: JsonObject;
}

/** Whether a checkpoint is of networks that were imported: no training has an epoch without batches. */
export function isImported({ batchesPerEpoch }: Pick<CheckpointDescription, 'batchesPerEpoch'>): boolean {
  return batchesPerEpoch === 0;
}

/** A file of a checkpoint. */
export interface FileEntry {
  readonly sha256: string;
  readonly bytes: number;
}

/** The whole of `manifest.json`, apart from its format and seal. */
export interface Manifest extends CheckpointDescription {
  /** By path in the folder, without `.safetensors`: `networks/generator`. */
  readonly files: Readonly<Record<string, FileEntry>>;
}

/** The version of the folder's layout that this code writes and reads. */
const FORMAT = 2;

/** The text of `manifest.json`. Its seal is a hash of the rest: a flipped byte in it must not pass for another training. */
export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify(sealed({ format: FORMAT, ...manifest }), null, 2)}\n`;
}

/**
 * Reads the text of a `manifest.json`.
 *
 * @throws GanError `ERR_BAD_CHECKPOINT` where it is damaged, or of another version
 */
export function parseManifest(text: string): Manifest {
  const { format, ...content } = parseObject(text);
  if (format !== FORMAT)
    throw bad(
      `expected format ${FORMAT} in manifest.json but it has ${JSON.stringify(format)?.slice(0, 40) ?? 'none'}: another version of libtorch-gan wrote it, or it was damaged`,
    );
  if (!sealFits({ format, ...content }))
    throw bad('manifest.json was changed or damaged: its seal does not fit');
  return {
    step: count(content, 'step'),
    images: count(content, 'images'),
    ...(content.stage === undefined ? {} : { stage: stagePlace(object(content, 'stage')) }),
    ...(isPrecision(content.precision) ? { precision: content.precision } : {}),
    topology: object(content, 'topology'),
    specs: dataSpecs(object(content, 'specs')),
    ...(content.data === undefined ? {} : { data: dataIdentity(object(content, 'data')) }),
    batchesPerEpoch: count(content, 'batchesPerEpoch'),
    loader: object(content, 'loader'),
    settings: object(content, 'settings'),
    ...(content.init === undefined ? {} : { init: object(content, 'init') }),
    ...(content.learningRates === undefined
      ? {}
      : { learningRates: rates(object(content, 'learningRates')) }),
    ...(content.rollbacks === undefined ? {} : { rollbacks: parseRollbacks(content.rollbacks) }),
    versions: object(content, 'versions'),
    files: fileEntries(object(content, 'files')),
  };
}

function dataSpecs(specs: JsonObject): DataSpecs {
  return Object.fromEntries(Object.keys(specs).map((name) => [name, imageSpec(object(specs, name))]));
}

function imageSpec(spec: JsonObject): ImageSpec {
  return {
    channels: count(spec, 'channels'),
    height: count(spec, 'height'),
    width: count(spec, 'width'),
    classes: count(spec, 'classes'),
  };
}

function stagePlace(stage: JsonObject): StagePlace {
  return { name: String(stage.name), number: count(stage, 'number'), of: count(stage, 'of') };
}

function dataIdentity(data: JsonObject): DataIdentity {
  return Object.fromEntries(Object.keys(data).map((name) => [name, partIdentity(object(data, name))]));
}

function partIdentity({ classNames, path, count: images, sha256 }: JsonObject): PartIdentity {
  return {
    classNames: Array.isArray(classNames) ? classNames.map(String) : [],
    ...(typeof path === 'string' ? { path } : {}),
    ...(typeof images === 'number' ? { count: images } : {}),
    ...(typeof sha256 === 'string' ? { sha256 } : {}),
  };
}

function rates(phases: JsonObject): LearningRates {
  return Object.fromEntries(
    Object.entries(phases).map(([phase, values]) => [phase, Array.isArray(values) ? values.map(Number) : []]),
  );
}

function fileEntries(files: JsonObject): Record<string, FileEntry> {
  const names = Object.keys(files);
  return Object.fromEntries(
    names.map((name) => {
      const entry = object(files, name);
      return [name, { sha256: String(entry.sha256), bytes: count(entry, 'bytes') }];
    }),
  );
}

function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw bad(`manifest.json is no JSON (${messageOf(error)})`);
  }
  if (isJsonObject(value)) return value;
  throw bad('manifest.json does not hold an object');
}

function object(holder: JsonObject, key: string): JsonObject {
  const value = holder[key];
  if (isJsonObject(value)) return value;
  throw bad(`manifest.json expected an object as "${key}"`);
}

function count(holder: JsonObject, key: string): number {
  const value = holder[key];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw bad(`manifest.json expected a count as "${key}" but has ${JSON.stringify(value)}`);
}

function bad(problem: string): GanError {
  return new GanError('ERR_BAD_CHECKPOINT', problem);
}
