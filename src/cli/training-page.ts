import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { GanError } from '../errors';
import { loadingCode } from './loading-code';
import type { Terminal } from './terminal';

/** What the process of the page is told. */
export type ToPage =
  | { readonly kind: 'start'; readonly folder: string; readonly port: number }
  | { readonly kind: 'note'; readonly folder: string; readonly note: string }
  | { readonly kind: 'end' };

/** What it tells. */
export type FromPage =
  | { readonly kind: 'ready'; readonly address: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** Where a training is shown. */
export interface TrainingPageOptions {
  /** The run's folder, or that of several runs; it may not be there yet. */
  readonly folder: string;
  readonly port: number;
  readonly terminal: Terminal;
}

/**
 * The page of a run that trains, in a process of its own: it reads what the training leaves on the disk, so that the training computes the
 * same bits with it and without, and waits for nothing. It ends with the training, however that ends.
 */
export class TrainingPage {
  readonly #child: ChildProcess;
  #isOpen = true;

  private constructor(child: ChildProcess, terminal: Terminal) {
    this.#child = child;
    child.once('exit', () => {
      if (this.#isOpen) terminal.warn('the page of the run has ended; the training goes on');
      this.#isOpen = false;
    });
    // A message to a process that just ended is lost.
    child.on('error', () => {});
  }

  /**
   * Opens the page, and tells its address.
   *
   * @throws GanError `ERR_CANNOT_LISTEN` in one line where the port is taken
   */
  static async open({ folder, port, terminal }: TrainingPageOptions): Promise<TrainingPage> {
    const child = spawn(process.execPath, ['-e', loadingCode('training-page-process')], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const first = Promise.race([
      once(child, 'message').then(([message]: FromPage[]) => message),
      once(child, 'exit').then(() => undefined),
    ]);
    send(child, { kind: 'start', folder, port });
    const answer = await first;
    if (answer?.kind !== 'ready') {
      child.kill();
      throw new GanError(
        answer?.code ?? 'ERR_CANNOT_LISTEN',
        answer?.message ??
          'the process of --serve ended at its start: try libtorch-gan serve beside the training',
      );
    }
    terminal.result(`${'page'.padEnd(11)}${answer.address}`);
    terminal.record({ event: 'serve', page: answer.address });
    // The training comes first; it waited for the page until here, and does again when that ends.
    setPriorityOf(child, constants.priority.PRIORITY_LOW);
    return new TrainingPage(child, terminal);
  }

  /** Of the process; 0 where it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Shows a sentence with a run. */
  tell(folder: string, note: string): void {
    if (this.#isOpen) send(this.#child, { kind: 'note', folder, note });
  }

  /** Shows the last state to those who look, and ends. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const ended = once(this.#child, 'exit');
    setPriorityOf(this.#child, constants.priority.PRIORITY_NORMAL);
    send(this.#child, { kind: 'end' });
    await ended;
  }
}

function send(child: ChildProcess, message: ToPage): void {
  child.send(message, () => {
    // A process that has ended reads nothing, and its end is told elsewhere.
  });
}

function setPriorityOf({ pid }: ChildProcess, priority: number): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, priority);
  } catch {
    // It has ended, or only an administrator may raise it.
  }
}
