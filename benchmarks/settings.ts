import { UsageError } from '../src/errors';
import { advise } from '../src/nearest';
import { choice, integer, number, optional, readConfig, text } from '../src/recipes/config';
import { PEERS, type PeerName } from './peers';
import { SUITE_NAMES, type SuiteName } from './suites';
import type { Precision } from './task';

/** What the command line asks for. */
export interface Settings {
  readonly suites: readonly SuiteName[];
  /** Null: those that make sense on the device. */
  readonly against: readonly PeerName[] | null;
  /** `auto`, `cpu` or `cuda[:N]`. */
  readonly device: string;
  readonly precisions: readonly Precision[];
  readonly rounds: number;
  readonly seconds: number;
  /** Null: as many as LibTorch takes. */
  readonly threads: number | null;
  readonly json: string | null;
  readonly markdown: string | null;
  readonly svg: string | null;
  readonly out: string | null;
}

const fields = {
  device: text('auto', {
    pattern: /^(auto|cpu|cuda(:\d+)?)$/,
    expected: 'auto, cpu, cuda or cuda:N',
  }),
  precision: choice('both', ['fp32', 'bf16', 'both']),
  rounds: optional(integer(5, { min: 1, max: 1000 })),
  seconds: optional(number(3, { min: 0.05, max: 600 })),
  threads: optional(integer(1, { min: 1, max: 1024 })),
  json: optional(text('')),
  markdown: optional(text('')),
  svg: optional(text('')),
  out: optional(text('')),
};

const FULL = { rounds: 5, seconds: 3 };
const QUICK = { rounds: 2, seconds: 1 };

/** What commander read: texts by name. */
export type Flags = Readonly<Record<string, unknown>>;

/**
 * Reads flags and arguments.
 *
 * @throws UsageError for an unknown suite or peer, with the nearest one, and for values out of range
 */
export function readSettings(flags: Flags, suites: readonly string[]): Settings {
  const { against, all, quick, ...rest } = flags;
  const values = Object.fromEntries(Object.keys(fields).map((key) => [key, rest[key]]));
  const read = readConfig(fields, [
    { values, texts: true, name: (key) => `--${key}`, example: (key, value) => `--${key} ${value}` },
  ]);
  const effort = quick === true ? QUICK : FULL;
  if (all === true && against !== undefined)
    throw new UsageError('--all and --against exclude each other: give one of them');
  const named = typeof against === 'string' ? against.split(',').map((name) => name.trim()) : null;
  return {
    suites: suites.length === 0 ? SUITE_NAMES : inOrder(suites, SUITE_NAMES, 'suite'),
    against: all === true ? PEERS : named && inOrder(named, PEERS, 'peer'),
    device: read.device,
    precisions: read.precision === 'both' ? ['fp32', 'bf16'] : [read.precision],
    rounds: read.rounds ?? effort.rounds,
    seconds: read.seconds ?? effort.seconds,
    threads: read.threads ?? null,
    json: read.json ?? null,
    markdown: read.markdown ?? null,
    svg: read.svg ?? null,
    out: read.out ?? null,
  };
}

/** The known names that were given, each once, in the order in which they are listed. */
function inOrder<const N extends string>(given: readonly string[], known: readonly N[], what: string): N[] {
  const isKnown = (name: string): name is N => known.some((other) => other === name);
  for (const name of given) {
    if (isKnown(name)) continue;
    const list = `they are ${known.join(', ')}`;
    throw new UsageError(
      `${JSON.stringify(name)} is no ${what} of the benchmark${advise(name, known, list)}`,
    );
  }
  return known.filter((name) => given.includes(name));
}
