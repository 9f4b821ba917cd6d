import type { EndSignal, Host } from './host';

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
