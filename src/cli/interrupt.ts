import type { TaskState } from '../report/task-progress';
import type { EndSignal, Host } from './host';
import { progressOf } from './progress';
import type { CommandContext } from './terminal';

/** Under npm and npx a signal may come twice, from the terminal and passed on by npm: within this time it is the same one. */
const ECHO_MS = 200;

const EXIT_CODES: Readonly<Record<EndSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/** The wish to end, by Ctrl-C or SIGTERM. */
export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** The exit code that tells of the signal; undefined before any came. */
  readonly exitCode: number | undefined;
  /** Stops listening. */
  dispose(): void;
}

/**
 * Listens for SIGINT and SIGTERM. The first one calls `onFirst` and aborts the signal, so that the command can end in order;
 * the second ends the process at once, also while it computes: nobody listens any more, and the system's default applies.
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
 * Does the work of a command that SIGINT and SIGTERM may end.
 *
 * @param promise what is still done after the first signal, for the user: `writing what was found so far`
 * @returns the exit code: 0, or 130 and 143 where a signal came, whether the work then ended in order or by an error
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
  #timer: NodeJS.Timeout | undefined;

  constructor(host: Host, onFirst: (signal: EndSignal) => void) {
    this.#host = host;
    this.#echoes = host.env.npm_command !== undefined;
    this.#onFirst = onFirst;
    this.#listeners = { SIGINT: () => this.#receive('SIGINT'), SIGTERM: () => this.#receive('SIGTERM') };
    host.on('SIGINT', this.#listeners.SIGINT);
    host.on('SIGTERM', this.#listeners.SIGTERM);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#host.off('SIGINT', this.#listeners.SIGINT);
    this.#host.off('SIGTERM', this.#listeners.SIGTERM);
  }

  #receive(name: EndSignal): void {
    if (this.received !== undefined) {
      this.#again(name);
      return;
    }
    this.received = name;
    // Not yet: a second signal may wait behind this one, where a long step kept both from being seen.
    this.#timer = setTimeout(() => this.stop(), this.#echoes ? ECHO_MS : 0);
    this.#timer.unref();
    this.#onFirst(name);
    this.controller.abort();
  }

  #again(name: EndSignal): void {
    if (this.#echoes) return;
    this.stop();
    this.#host.kill(this.#host.pid, name);
  }
}
