import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { UsageError } from '../errors';
import { launchersFor, type Place, placeOf } from '../parallel/environment';
import type { EndSignal, Host } from './host';
import { WatchedOutput } from './watched-output';

/** The signal by which `train --processes` tells its processes to end: mpirun passes it on, where of SIGINT it makes an end of its own. */
export const STOP_SIGNAL = 'SIGUSR2';

/**
 * The place of this process among several that were started together to train on a device; null where it is alone.
 *
 * @throws UsageError for variables that contradict each other
 */
export function memberPlace(env: Host['env'], device: string): Place | null {
  const place = placeOf(env, launchersFor(device));
  return place !== null && place.size > 1 ? place : null;
}

/**
 * How many processes `--processes` asks for (1).
 *
 * @throws UsageError for what is no number of them, or another than a launcher has started
 */
export function processesOf(text: unknown, place: Place | null): number {
  if (text === undefined) return place?.size ?? 1;
  const count = Number(text);
  if (typeof text !== 'string' || !/^\d+$/.test(text) || count < 1 || count > 1024)
    throw new UsageError(
      `--processes expected a whole number from 1 to 1024 but received ${text}: try --processes 2`,
    );
  if (place !== null && place.size !== count)
    throw new UsageError(
      `--processes ${count} was asked for, but ${place.launcher} has started ${place.size}: leave --processes out`,
    );
  return count;
}

/** The host of a command that may be one of several: errors then begin with its rank, and others than the first say nothing else. */
export function memberHost(host: Host): Host {
  const rank = rankToTell(host.env);
  if (rank === null) return host;
  // Where all of them wrote to a terminal that was closed.
  WatchedOutput.of(host.stderr);
  const debugging = (host.env.DEBUG ?? '').includes('libtorch-gan');
  const named = new NamedErrors(host, { rank, all: rank === 0 || debugging });
  return {
    env: host.env,
    pid: host.pid,
    stdout: rank === 0 ? host.stdout : new Writable({ write: (_chunk, _encoding, done) => done() }),
    stderr: Object.assign(named, { isTTY: rank === 0 && host.stderr.isTTY, columns: host.stderr.columns }),
    kill: (pid, signal) => host.kill(pid, signal),
    on(signal: EndSignal, listener: () => void) {
      host.on(signal, listener);
      if (signal === 'SIGINT') process.on(STOP_SIGNAL, listener);
    },
    off(signal: EndSignal, listener: () => void) {
      host.off(signal, listener);
      if (signal === 'SIGINT') process.off(STOP_SIGNAL, listener);
    },
  };
}

/** Before the device is known: the rank by which a process names its errors, null for one that is alone. */
function rankToTell(env: Host['env']): number | null {
  try {
    return memberPlace(env, 'auto')?.rank ?? null;
  } catch {
    // Variables that contradict each other: the command says so.
    return null;
  }
}

/** Passes on what a command writes to stderr, with the rank before errors; of another rank than the first the errors alone. */
class NamedErrors extends Writable {
  readonly #host: Host;
  readonly #rank: number;
  readonly #all: boolean;

  constructor(host: Host, { rank, all }: { readonly rank: number; readonly all: boolean }) {
    super({ decodeStrings: false });
    this.#host = host;
    this.#rank = rank;
    this.#all = all;
  }

  override _write(chunk: string | Uint8Array, _encoding: string, done: () => void): void {
    const text = String(chunk);
    // A line is written in one piece.
    if (stripVTControlCharacters(text).startsWith('error:'))
      this.#host.stderr.write(`rank ${this.#rank}: ${text}`);
    else if (this.#all) this.#host.stderr.write(text);
    done();
  }
}
