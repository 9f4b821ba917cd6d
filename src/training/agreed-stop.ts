import type { ProcessGroup } from '../parallel/group';

/** Steps between agreements where each makes the host wait for the device. */
const STEPS_ON_DEVICE = 16;

/** The wish to end of one process, made that of all in the same step: a signal may reach them at different times, or only one. */
export class AgreedStop {
  readonly #group: ProcessGroup;
  readonly #wish: AbortSignal | undefined;
  readonly #controller = new AbortController();

  constructor(group: ProcessGroup, wish: AbortSignal | undefined) {
    this.#group = group;
    this.#wish = wish;
  }

  /** Aborted once all have agreed; in one process the wish itself. */
  get signal(): AbortSignal | undefined {
    return this.#group.size === 1 ? this.#wish : this.#controller.signal;
  }

  /** Asks all whether somebody wants to end, in a step in which that is due. */
  agree(step: number): void {
    const { size, engine } = this.#group;
    if (size === 1 || (engine === 'nccl' && step % STEPS_ON_DEVICE !== 0)) return;
    const wishes = this.#group.gather(this.#wish?.aborted ?? false);
    if (wishes.includes(true)) this.#controller.abort();
  }
}
