import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { hasCode } from '../errors';
import { isJsonObject, readJsonObject } from '../io/json';
import { makeFolder } from '../io/make-folder';
import { writeWholeSync } from '../io/whole-file';
import { addonFiles } from '../native/load';
import { cacheFolder } from '../native/root';
import type { Module } from '../nn/module';
import { deviceFacts, isCpu } from '../tensor/device';
import { version } from '../version';
import { cpuFlags, type KnownPrecision, knownPrecision } from './known-precision';
import type { Precision } from './manifest';

/** A precision, and how it was come by. */
export interface PrecisionChoice {
  readonly precision: Precision;
  /**
   * `given` by name; `known` of this kind of device; `measured` now, or `remembered` from a measurement of the same networks on the
   * same machine; `restored` from a checkpoint; `deterministic`, where nothing may depend on a clock.
   */
  readonly source: 'given' | 'known' | 'measured' | 'remembered' | 'restored' | 'deterministic';
  /** What was measured. */
  readonly times?: PrecisionTimes;
  /** What is known of the device. */
  readonly because?: string;
  /** That what was remembered was damaged, so that it was measured again. */
  readonly note?: string;
}

/** Milliseconds of the same forward and backward pass. */
export interface PrecisionTimes {
  readonly fp32: number;
  readonly bf16: number;
}

/** What `auto` decides for. */
export interface PrecisionQuestion {
  readonly networks: Readonly<Record<string, Module>>;
  readonly device: string;
  /** Images a step. */
  readonly batch: number;
  readonly deterministic: boolean;
}

/** bf16 must be so much faster to be worth its rounding: less is within what a clock tells. */
const WORTHWHILE = 1.05;
/** Measurements that are remembered. */
const REMEMBERED = 64;

/**
 * The precision to train in: what is known of this kind of device ({@link knownPrecision}), else bf16 only where it is measured faster. A measurement is remembered in the user's cache, by machine,
 * LibTorch, networks and batch, so that equal runs on one machine get equal precisions.
 *
 * @param options.measure - times both precisions
 * @param options.file - where measurements are remembered
 * @param options.known - what is known of the device
 */
export function choosePrecision(
  question: PrecisionQuestion,
  {
    measure,
    file = join(cacheFolder(), 'precision.json'),
    known = knownPrecision,
  }: {
    readonly measure: () => PrecisionTimes;
    readonly file?: string;
    readonly known?: (device: string) => KnownPrecision | null;
  },
): PrecisionChoice {
  if (question.deterministic) return { precision: 'fp32', source: 'deterministic' };
  const fact = known(question.device);
  if (fact) return { ...fact, source: 'known' };
  const key = keyOf(question);
  const { remembered, damaged } = recall(file);
  const earlier = remembered.get(key);
  const times = earlier ?? measure();
  if (earlier === undefined) remember(file, new Map([...remembered, [key, times]]));
  return {
    precision: speedup(times) >= WORTHWHILE ? 'bf16' : 'fp32',
    source: earlier === undefined ? 'measured' : 'remembered',
    times,
    ...(damaged && earlier === undefined ? { note: `${file} was damaged` } : {}),
  };
}

/** A choice in words, e.g. `bf16: 1.9 × as fast as fp32 here`. */
export function describePrecision({ note, ...choice }: PrecisionChoice): string {
  return note === undefined ? inWords(choice) : `${inWords(choice)} (measured again: ${note})`;
}

function inWords({ precision, source, times, because }: PrecisionChoice): string {
  if (because !== undefined) return `${precision}: ${because}`;
  if (source === 'deterministic')
    return `${precision}: a deterministic run measures nothing; --precision bf16 is deterministic too`;
  if (times === undefined) return source === 'restored' ? `${precision}, as before` : precision;
  const ratio = speedup(times).toFixed(speedup(times) < 1.1 ? 2 : 1);
  const before = source === 'remembered' ? ' (measured earlier)' : '';
  return precision === 'bf16'
    ? `bf16: ${ratio} × as fast as fp32 here${before}`
    : `fp32: bf16 is ${ratio} × as fast here, which is not worth it${before}`;
}

function speedup({ fp32, bf16 }: PrecisionTimes): number {
  return fp32 / bf16;
}

/** Whatever the outcome depends on. The addon's own kernels count by the time it was compiled. */
function keyOf({ networks, device, batch }: PrecisionQuestion): string {
  const { version: libtorch, cudaDevices } = deviceFacts();
  const topology = createHash('sha256');
  for (const [name, network] of Object.entries(networks)) {
    topology.update(`${name} ${network}\n`);
    for (const [path, { shape }] of network.namedParameters()) topology.update(`${path} ${shape}\n`);
  }
  const machine = isCpu(device) ? cpuTraits() : cudaDevices[Number(device.replace(/^cuda:/, ''))];
  const compiled = statSync(addonFiles().path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return [machine, `LibTorch ${libtorch}`, `${version} ${compiled}`, topology.digest('hex'), batch].join(
    '; ',
  );
}

/** The model, its threads, and the instruction sets that matter: hypervisors call many different CPUs the same. */
function cpuTraits(): string {
  const { cpuCapability, threads } = deviceFacts();
  const flags = cpuFlags().filter((flag) => /^(avx|amx|bf16|i8mm|sve)/.test(flag));
  return `${cpus()[0]?.model ?? 'CPU'}, ${cpuCapability}, ${threads} threads, ${flags.join(' ')}`;
}

interface Recalled {
  readonly remembered: ReadonlyMap<string, PrecisionTimes>;
  /** Whether there was more that is not believed. */
  readonly damaged: boolean;
}

/** What was measured before: entries whose seals fit; nothing where the file is missing or of another kind. */
function recall(file: string): Recalled {
  try {
    const entries = Object.entries(readJsonObject(file));
    const whole = entries.flatMap(([key, value]) =>
      isTimes(value) && value.seal === sealOf(key, value)
        ? [[key, { fp32: value.fp32, bf16: value.bf16 }] as const]
        : [],
    );
    return { remembered: new Map(whole), damaged: whole.length < entries.length };
  } catch (error) {
    return { remembered: new Map(), damaged: !hasCode(error, 'ERR_CANNOT_READ') };
  }
}

function sealOf(key: string, { fp32, bf16 }: PrecisionTimes): string {
  return createHash('sha256')
    .update(JSON.stringify([key, fp32, bf16]))
    .digest('hex');
}

function isTimes(value: unknown): value is PrecisionTimes & { readonly seal?: unknown } {
  return (
    isJsonObject(value) &&
    [value.fp32, value.bf16].every((ms) => typeof ms === 'number' && Number.isFinite(ms) && ms > 0)
  );
}

/** A cache that cannot be written costs a second the next time, and is no reason to stop. */
function remember(file: string, times: ReadonlyMap<string, PrecisionTimes>): void {
  try {
    makeFolder(dirname(file));
    const newest = [...times].slice(-REMEMBERED);
    const sealed = newest.map(([key, value]) => [key, { ...value, seal: sealOf(key, value) }]);
    writeWholeSync(file, `${JSON.stringify(Object.fromEntries(sealed), null, 2)}\n`);
  } catch {
    // Not remembered, then.
  }
}
