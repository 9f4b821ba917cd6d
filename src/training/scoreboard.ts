import { argumentError } from '../check';
import { UsageError } from '../errors';
import { native } from '../native/addon';
import { refuseDuringCapture } from '../tensor/capture';
import { zeros } from '../tensor/create';
import { countHostRead } from '../tensor/host-reads';
import { keep } from '../tensor/scope';
import { Tensor } from '../tensor/tensor';
import { handlesOf } from '../tensor/wrap';
import { checkLogName } from './log-names';

/** Scalars of the steps as numbers. */
export interface StepNumbers {
  readonly losses: Readonly<Record<string, number>>;
  readonly statistics: Readonly<Record<string, number>>;
  /** How many updates of each phase were not finite, where that is watched. */
  readonly faults: Readonly<Record<string, number>>;
  /** The most of them in a row, where they are skipped. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Which kind of scalar, and its name. */
export interface Entry {
  readonly kind: 'losses' | 'statistics';
  readonly name: string;
}

/** Which of the parts of a batch a scalar is of: what is read is the mean over all. */
export interface Part {
  /** 0 for the first. */
  readonly part: number;
  readonly parts: number;
}

/** What counts the updates of a phase that are not finite: float64 []. */
interface Watched {
  readonly count: Tensor;
  readonly longest: Tensor;
}

interface Held extends Entry {
  /** float64 [], at one address for good: captured steps write there. */
  readonly tensor: Tensor;
}

/**
 * The newest loss of each phase and the newest of each logged statistic, on the device until they are read. A phase that
 * does not run in every step is there by its last run.
 */
export class Scoreboard {
  readonly #device: string;
  readonly #phases: readonly string[];
  readonly #watched = new Map<string, Watched>();
  readonly #values = new Map<string, Held | (Entry & { readonly number: number })>();

  /** @param phases names that losses have, and statistics must not */
  constructor(device: string, phases: readonly string[] = []) {
    this.#device = device;
    this.#phases = phases;
  }

  /**
   * Writes a scalar down; of a tensor its value, not the tensor. Where the batch comes in parts, those after the first are added to it.
   *
   * @throws UsageError for what is no number, a tensor of more than one element or a name that the log has of its own, GanError `ERR_CAPTURE` for a number, or a new name, in a capture
   */
  post({ kind, name }: Entry, value: Tensor | number, { part, parts }: Part = { part: 0, parts: 1 }): void {
    const key = keyOf({ kind, name });
    const held = this.#values.get(key);
    if (!held && kind === 'statistics') checkLogName(name, this.#phases);
    if (typeof value === 'number') {
      refuseDuringCapture(`logs ${name} as a number, not as a tensor`);
      if (held && 'tensor' in held) held.tensor.dispose();
      const before = part > 0 && held && 'number' in held ? held.number : 0;
      this.#values.set(key, { kind, name, number: before + value / parts });
      return;
    }
    if (!(value instanceof Tensor))
      throw argumentError('step.log', `a number, or a tensor of one, for ${name}`, value);
    if (value.numel !== 1)
      throw new UsageError(
        `step.log expected one number for ${name} but received a tensor of shape [${value.shape.join(', ')}]: reduce it with mean() or sum()`,
      );
    const share = { value, parts, adds: part > 0 };
    if (held && 'tensor' in held) write(held.tensor, share);
    else {
      const tensor = keep(zeros([], { dtype: 'float64', device: this.#device }));
      this.#values.set(key, { kind, name, tensor });
      write(tensor, share);
    }
  }

  /** Reads what counts a phase's faults with the others; it stays its owner's. */
  watch(name: string, counts: Watched): void {
    this.#watched.set(name, counts);
  }

  /** The newest loss of a phase (float64 []), which stays the board's. */
  lossOf(phase: string): Tensor {
    const held = this.#values.get(keyOf({ kind: 'losses', name: phase }));
    if (held && 'tensor' in held) return held.tensor;
    throw new UsageError(`expected a loss of phase ${phase} but none was posted`);
  }

  /** All of them, in one copy from the device. */
  read(): StepNumbers {
    const held = [...this.#values.values()];
    const posted = held.flatMap((entry) => ('tensor' in entry ? [entry.tensor] : []));
    const watched = [...this.#watched].flatMap(([, { count, longest }]) => [count, longest]);
    const tensors = [...posted, ...watched];
    if (tensors.length > 0) countHostRead();
    const values = native().values(handlesOf(tensors));
    const losses: Record<string, number> = {};
    const statistics: Record<string, number> = {};
    const kinds = { losses, statistics };
    let next = 0;
    for (const entry of held)
      kinds[entry.kind][entry.name] = 'tensor' in entry ? values[next++] : entry.number;
    const faults: Record<string, number> = {};
    const rows: Record<string, number> = {};
    for (const name of this.#watched.keys()) {
      faults[name] = values[next++];
      rows[name] = values[next++];
    }
    return { losses, statistics, faults, rows };
  }

  /** Releases the tensors and forgets what was posted. */
  clear(): void {
    for (const held of this.#values.values()) if ('tensor' in held) held.tensor.dispose();
    this.#values.clear();
  }
}

function keyOf({ kind, name }: Entry): string {
  return `${kind} ${name}`;
}

function write(
  held: Tensor,
  { value, parts, adds }: { readonly value: Tensor; readonly parts: number; readonly adds: boolean },
): void {
  native().putValue(held.handle, value.handle, parts, adds);
}
