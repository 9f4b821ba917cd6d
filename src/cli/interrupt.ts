import type { TaskState } from '../report/task-progress';
import type { EndSignal, Host } from './host';
import { progressOf } from './progress';
import type { CommandContext } from './terminal';

/** Under npm and npx a signal may come twice, from the terminal and passed on by npm: within this time it is the same one. */
const ECHO_MS = 200;

/**
 * A terminal that is closed may send SIGHUP twice, by the system and by its shell, and the end of a session sends it after SIGTERM: within this
 * time after a signal it is not meant to be a second one.
 */
export const HANGUP_MS = 2_000;

const EXIT_CODES: Readonly<Record<EndSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** The wish to end, by Ctrl-C, SIGTERM, or a terminal that was closed. */
export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** The exit code that tells of the signal; undefined before any came. */
  readonly exitCode: number | undefined;
  /** Stops listening. */
  dispose(): void;
}

/**
 * Listens for SIGHUP, SIGINT and SIGTERM. The first one calls `onFirst` and aborts the signal, so that the command can end in order;
 * the second ends the process at once, also while it computes: nobody listens any more, and the system's default applies. A SIGHUP soon after the first is not taken for a second one.
 */
export function listenForInterrupt(host: Host, onFirst: (signal: EndSignal) => void): Interrupt {
  const listening = new Listening(host, onFirst);
  return {
    signal: listening.controller.signal,
    get exitCode() {
      return listening.received === undefined ? undefined : EXIT_CODES[listening.received];
    },
    dispose: () => listening.stop(),
  };
}

/** What work that a signal may end goes by. */
export interface InterruptibleWork {
  /** Aborted by the first signal, and where nobody reads stdout any more. */
  readonly signal: AbortSignal;
  /** Absent where progress is not shown. */
  readonly onProgress?: (state: TaskState) => void;
}

/**
 * Does the work of a command that SIGHUP, SIGINT and SIGTERM may end.
 *
 * @param promise what is still done after the first signal, for the user: `writing what was found so far`
 * @returns the exit code: 0, or 129, 130 or 143 where a signal came, whether the work then ended in order or by an error
 * @throws what the work throws without a signal
 */
export async function untilInterrupted(
  { host, terminal }: CommandContext,
  promise: string,
  work: (context: InterruptibleWork) => Promise<void>,
): Promise<number> {
  const interrupt = listenForInterrupt(host, () =>
    terminal.log(`interrupted: ${promise}; once more to leave at once`),
  );
  const signal = AbortSignal.any([interrupt.signal, terminal.closed]);
  try {
    await work({ signal, onProgress: progressOf(terminal) });
    return interrupt.exitCode ?? 0;
  } catch (error) {
    if (interrupt.exitCode === undefined) throw error;
    return interrupt.exitCode;
  } finally {
    interrupt.dispose();
  }
}

class Listening {
  readonly controller = new AbortController();
  received: EndSignal | undefined;
  readonly #host: Host;
  readonly #echoes: boolean;
  readonly #onFirst: (signal: EndSignal) => void;
  readonly #listeners: Readonly<Record<EndSignal, () => void>>;
  #timers: NodeJS.Timeout[] = [];

  constructor(host: Host, onFirst: (signal: EndSignal) => void) {
    this.#host = host;
    this.#echoes = host.env.npm_command !== undefined;
    this.#onFirst = onFirst;
    this.#listeners = {
      SIGHUP: () => this.#receive('SIGHUP'),
      SIGINT: () => this.#receive('SIGINT'),
      SIGTERM: () => this.#receive('SIGTERM'),
    };
    host.on('SIGHUP', this.#listeners.SIGHUP);
    host.on('SIGINT', this.#listeners.SIGINT);
    host.on('SIGTERM', this.#listeners.SIGTERM);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#leave('SIGHUP', 'SIGINT', 'SIGTERM');
  }

  #leave(...names: readonly EndSignal[]): void {
    for (const name of names) this.#host.off(name, this.#listeners[name]);
  }

  #after(ms: number, act: () => void): void {
    this.#timers.push(setTimeout(act, ms).unref());
  }

  #receive(name: EndSignal): void {
    if (this.received !== undefined) {
      this.#again(name);
      return;
    }
    this.received = name;
    // Not yet: a second signal may wait behind this one, where a long step kept both from being seen.
    this.#after(this.#echoes ? ECHO_MS : 0, () => this.#leave('SIGINT', 'SIGTERM'));
    this.#after(HANGUP_MS, () => this.#leave('SIGHUP'));
    this.#onFirst(name);
    this.controller.abort();
  }

  #again(name: EndSignal): void {
    if (this.#echoes || name === 'SIGHUP') return;
    this.stop();
    this.#host.kill(this.#host.pid, name);
  }
}
