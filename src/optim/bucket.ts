import { native } from '../native/addon';
import { ops } from '../native/ops.generated';
import type { DType, Handle } from '../native/types';
import { keep } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { handlesOf } from '../tensor/wrap';

/** Tensors that an optimizer keeps for one parameter, by PyTorch's names, e.g. `exp_avg`. */
export type ParameterState = Readonly<Record<string, Tensor>>;

/** One parameter of an optimizer. */
export interface Slot {
  /** Its position among all the optimizer's parameters: its name in state dicts. */
  readonly index: number;
  readonly parameter: Tensor;
  /** Made with the parameter's first gradient. */
  state: ParameterState | null;
}

/** Parameters of one device and dtype that have a gradient, and what belongs to each, as lists of native handles in the same order. */
export interface Batch extends Lists {
  readonly gradients: readonly Handle[];
  /** Whether this is the first step of these parameters. */
  readonly first: boolean;
}

interface Lists {
  readonly device: string;
  readonly dtype: DType;
  readonly parameters: Int32Array;
  /** A list for each name in the parameters' state. */
  readonly state: Readonly<Record<string, Int32Array>>;
}

/** How an optimizer updates the parameters of a bucket. */
export interface Update {
  createState(parameter: Tensor): ParameterState;
  update(batch: Batch): void;
}

/** Parameters of one group, device and dtype, which one fused call can update. */
export class Bucket {
  readonly #slots: readonly Slot[];
  readonly #parameters: Int32Array;
  /** The lists of the slots that had a gradient last time: most often all of them, every time. */
  #cached: { readonly active: readonly Slot[]; readonly lists: Lists } | null = null;

  constructor(slots: readonly Slot[]) {
    this.#slots = slots;
    this.#parameters = packed(slots.map((slot) => slot.parameter));
  }

  /** Splits the slots of a group by device and dtype. */
  static split(slots: readonly Slot[]): Bucket[] {
    const byKind = new Map<string, Slot[]>();
    for (const slot of slots) {
      const kind = `${slot.parameter.device} ${slot.parameter.dtype}`;
      const members = byKind.get(kind);
      if (members) members.push(slot);
      else byKind.set(kind, [slot]);
    }
    return [...byKind.values()].map((members) => new Bucket(members));
  }

  /** Updates the parameters that have a gradient, in one call where none of them is new. */
  step(update: Update): void {
    const gradients = native().gradients(this.#parameters);
    try {
      const active = this.#slots.filter((_, position) => gradients[position] !== 0);
      const found = gradients.filter((handle) => handle !== 0);
      const first = active.filter((slot) => slot.state === null);
      if (first.length > 0) this.#stepNewcomers(update, { active, gradients: found, first });
      else if (active.length > 0) {
        update.update({ ...this.#lists(active), gradients: found, first: false });
      }
    } finally {
      native().release(gradients);
    }
  }

  /** Sets `found` to 1 where a gradient is not finite. */
  findNonFinite(found: Tensor, one: Tensor): void {
    const gradients = native().gradients(this.#parameters);
    try {
      const present = gradients.filter((handle) => handle !== 0);
      if (present.length > 0)
        ops._amp_foreach_non_finite_check_and_unscale_(present, found.handle, one.handle);
    } finally {
      native().release(gradients);
    }
  }

  /** Forgets the lists: the slots' states were replaced. */
  reset(): void {
    this.#cached = null;
  }

  #stepNewcomers(
    update: Update,
    {
      active,
      gradients,
      first,
    }: { active: readonly Slot[]; gradients: readonly Handle[]; first: readonly Slot[] },
  ): void {
    for (const slot of first) slot.state = keep(update.createState(slot.parameter));
    this.reset();
    const newcomers = new Set(first);
    for (const isFirst of [true, false]) {
      const chosen = (slot: Slot): boolean => newcomers.has(slot) === isFirst;
      const slots = active.filter(chosen);
      if (slots.length === 0) continue;
      update.update({
        ...listsOf(slots),
        gradients: gradients.filter((_, at) => chosen(active[at])),
        first: isFirst,
      });
    }
  }

  #lists(active: readonly Slot[]): Lists {
    const cached = this.#cached;
    if (cached?.active.length === active.length && active.every((slot, at) => slot === cached.active[at]))
      return cached.lists;
    const lists = listsOf(active);
    this.#cached = { active, lists };
    return lists;
  }
}

function listsOf(slots: readonly Slot[]): Lists {
  const states = slots.map((slot) => slot.state ?? {});
  const names = Object.keys(states[0]);
  const [{ parameter }] = slots;
  return {
    device: parameter.device,
    dtype: parameter.dtype,
    parameters: packed(slots.map((slot) => slot.parameter)),
    state: Object.fromEntries(names.map((name) => [name, packed(states.map((state) => state[name]))])),
  };
}

function packed(tensors: readonly Tensor[]): Int32Array {
  return Int32Array.from(handlesOf(tensors));
}
