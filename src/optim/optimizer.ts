import { numberBetween } from '../check';
import { native } from '../native/addon';
import { noGrad } from '../tensor/autograd';
import { tensor } from '../tensor/create';
import { keep, scope } from '../tensor/scope';
import { undoWhere } from '../tensor/snapshot';
import type { Tensor } from '../tensor/tensor';
import { handlesOf } from '../tensor/wrap';
import { type Batch, Bucket, type ParameterState, type Slot } from './bucket';
import { DeviceRates, rateOn } from './device-rates';
import { normalizeGroups, type ParameterGroups } from './groups';
import { constant, type Schedule } from './schedule';
import { checkOptimizerState } from './state';

/** Makes an optimizer of some parameters: what `optim.adam({ … })` returns, and a phase holds. */
export interface OptimizerFactory {
  (parameters: ParameterGroups): Optimizer;
  /** How much of earlier gradients a step keeps: Adam's first beta, or a momentum (0). */
  readonly momentum?: number;
}

/** Options of every optimizer. */
export interface OptimizerOptions {
  /** The learning rate. */
  readonly lr?: number;
  /** The factor of the parameters' own pull towards 0 (0, in AdamW 0.01). */
  readonly weightDecay?: number;
  /** Ascends instead of descending (false). */
  readonly maximize?: boolean;
  /** What multiplies lr in each step (1). */
  readonly schedule?: Schedule;
}

/** A group of parameters in an optimizer. */
export interface OptimizerGroup {
  readonly parameters: readonly Tensor[];
  /** The learning rate before the schedule; may be changed between steps. */
  lr: number;
  weightDecay: number;
}

/** The rates a step works with. */
export interface Rates {
  /** The group's learning rate times the schedule's factor. */
  readonly lr: number;
  readonly weightDecay: number;
  /** `lr` on the device, for steps that are captured: those must not use the number. Both are the same to the last bit. */
  readonly lrTensor?: Tensor;
}

/** How a step is done. */
export interface UpdateOptions {
  /**
   * Where it holds (bool, one element, on the parameters' device) the step changes no parameter and no state on the device, bit for bit; the
   * host does not wait for it. {@link Optimizer.steps}, which the schedule goes by, counts such a step, too; and of SGD's momentum with
   * dampening, the first step is over with it (never).
   */
  readonly unless?: Tensor;
}

interface Running extends OptimizerGroup {
  readonly buckets: readonly Bucket[];
}

/**
 * Moves parameters along their gradients. What all optimizers share: groups, the schedule, parameters without a gradient
 * (skipped, as in PyTorch), and the state.
 *
 * State dicts are flat: `<index>.<name>` for each tensor of each parameter that has had a gradient, with the parameter's
 * position among all groups and PyTorch's name (`0.exp_avg`, `0.exp_avg_sq`, `0.step`, `3.momentum_buffer`); `steps` (int64),
 * the calls of {@link Optimizer.step} so far, which the schedule goes by; `lr` and `weight_decay` (float64), one value a group.
 */
export abstract class Optimizer {
  readonly #groups: readonly Running[];
  readonly #slots: readonly Slot[];
  readonly #schedule: Schedule;
  readonly #handles: Int32Array;
  #steps = 0;
  #states = 0;

  /** @throws UsageError without parameters, with one given twice, or for a rate out of range */
  constructor(
    owner: string,
    parameters: ParameterGroups,
    { lr, weightDecay, schedule = constant() }: Rates & { readonly schedule?: Schedule },
  ) {
    const groups = normalizeGroups(parameters);
    let index = 0;
    const slots: Slot[][] = groups.map((group) =>
      group.parameters.map((parameter) => ({ index: index++, parameter, state: null })),
    );
    this.#groups = groups.map((group, position) => ({
      parameters: group.parameters,
      lr: numberBetween(owner, 'lr', group.lr ?? lr, { min: 0 }),
      weightDecay: numberBetween(owner, 'weightDecay', group.weightDecay ?? weightDecay, { min: 0 }),
      buckets: Bucket.split(slots[position]),
    }));
    this.#slots = slots.flat();
    this.#schedule = schedule;
    this.#handles = Int32Array.from(handlesOf(this.#slots.map((slot) => slot.parameter)));
  }

  /** The groups, in the order given; plain parameters are one group. */
  get groups(): readonly OptimizerGroup[] {
    return this.#groups;
  }

  /** The learning rate of each group in the next step: its own times the schedule's factor. */
  get lr(): readonly number[] {
    const factor = this.#schedule(this.#steps);
    return this.#groups.map((group) => group.lr * factor);
  }

  /** Steps done. */
  get steps(): number {
    return this.#steps;
  }

  /** Moves every parameter that has a gradient. */
  step(options: UpdateOptions = {}): void {
    this.#move(
      options,
      this.lr.map((lr, i) => rateOn(this.#groups[i].parameters[0].device, lr)),
    );
    this.#steps += 1;
  }

  /** Whether {@link Optimizer.apply} takes its learning rates from the device, so that it can be captured in a CUDA graph. */
  get capturable(): boolean {
    return false;
  }

  /** Changes when a captured {@link Optimizer.apply} is no longer what a new one would do. */
  get layout(): string {
    return [this.#states, ...this.#groups.map((group) => group.weightDecay)].join(' ');
  }

  /** Learning rates on the device, for steps in two parts: {@link Optimizer.advance} and {@link Optimizer.apply}. */
  deviceRates(): DeviceRates {
    const { lr } = this;
    return new DeviceRates(this.#groups.map(({ parameters: [{ device }] }, i) => ({ device, lr: lr[i] })));
  }

  /** The host's part of a step: counts it, and puts its learning rates into `rates`. */
  advance(rates: DeviceRates): void {
    rates.set(this.lr);
    this.#steps += 1;
  }

  /**
   * The device's part of a step: moves every parameter that has a gradient.
   *
   * @throws GanError `ERR_CAPTURE` where a parameter has its first gradient while the step is captured: the replay would make
   * its state anew each time
   */
  apply(rates: DeviceRates, options: UpdateOptions = {}): void {
    this.#move(options, rates.values, rates.tensors);
  }

  /**
   * Sets `found` (float32, one number) to 1 where a gradient of any parameter holds a NaN or an infinity, and leaves it as it is where
   * none does. Nothing waits for the device, and no gradient changes.
   *
   * @param one a 1 beside `found`: what gradients are multiplied by in passing
   */
  findNonFinite(found: Tensor, one: Tensor): void {
    noGrad(() => {
      for (const { buckets } of this.#groups) for (const bucket of buckets) bucket.findNonFinite(found, one);
    });
  }

  /** Drops the gradients of all parameters. */
  zeroGrad(): void {
    native().clearGradients(this.#handles);
  }

  /** Everything the next steps depend on, by the names the class describes; the tensors belong to the caller's scope. */
  stateDict(): Record<string, Tensor> {
    const entries = this.#slots.flatMap(({ index, state }) =>
      Object.entries(state ?? {}).map(([name, held]): [string, Tensor] => [
        `${index}.${name}`,
        held.detach(),
      ]),
    );
    return {
      steps: tensor(this.#steps, { dtype: 'int64' }),
      lr: doubles(this.#groups.map((group) => group.lr)),
      weight_decay: doubles(this.#groups.map((group) => group.weightDecay)),
      ...Object.fromEntries(entries),
    };
  }

  /**
   * Goes on from a state that {@link Optimizer.stateDict} gave, bit for bit.
   *
   * @throws GanError `ERR_STATE_DICT` for a state of another optimizer or other parameters; nothing is loaded then
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    scope(() => {
      const templates = this.#slots.map((slot) => this.createState(slot.parameter));
      const known = checkOptimizerState(this.constructor.name, state, {
        templates,
        groups: this.#groups.length,
      });
      noGrad(() => {
        for (const slot of this.#slots)
          this.#replaceState(slot, known(slot.index) ? templates[slot.index] : null, state);
      });
    });
    this.#steps = state.steps.item();
    this.#states += 1;
    const [lr, weightDecay] = [state.lr, state.weight_decay].map((values) =>
      Array.from(values.toTypedArray(), Number),
    );
    for (const [index, group] of this.#groups.entries()) {
      group.lr = lr[index];
      group.weightDecay = weightDecay[index];
      for (const bucket of group.buckets) bucket.reset();
    }
  }

  /** Begins anew with the parameters as they are: what it kept of gradients is gone. Learning rates, and the steps that the schedule goes by, stay. */
  forget(): void {
    this.dispose();
    this.#states += 1;
  }

  /** Releases the state; the parameters stay. */
  dispose(): void {
    for (const slot of this.#slots) this.#replaceState(slot, null, {});
    for (const { buckets } of this.#groups) for (const bucket of buckets) bucket.reset();
  }

  /** The state of a parameter before its first step, in the parameter's memory format. */
  protected abstract createState(parameter: Tensor): ParameterState;

  /** One step of all parameters of a batch; autograd does not record. */
  protected abstract update(batch: Batch, rates: Rates): void;

  #move({ unless }: UpdateOptions, lr: readonly number[], lrTensors?: readonly Tensor[]): void {
    const createState = (parameter: Tensor) => this.createState(parameter);
    noGrad(() => {
      for (const [i, { weightDecay, buckets }] of this.#groups.entries()) {
        const rates = { lr: lr[i], weightDecay, lrTensor: lrTensors?.[i] };
        const update = (batch: Batch) => this.update(batch, rates);
        for (const bucket of buckets)
          bucket.step({ createState, update: unless ? (batch) => undoing(unless, batch, update) : update });
      }
    });
  }

  #replaceState(slot: Slot, fresh: ParameterState | null, values: Readonly<Record<string, Tensor>>): void {
    for (const [name, held] of Object.entries(fresh ?? {})) held.copy_(values[`${slot.index}.${name}`]);
    for (const held of Object.values(slot.state ?? {})) held.dispose();
    slot.state = keep(fresh);
  }
}

/** An update that is taken back where a condition on the device holds. */
function undoing(condition: Tensor, batch: Batch, update: (batch: Batch) => void): void {
  undoWhere([batch.parameters, ...Object.values(batch.state)], () => {
    update(batch);
    return condition;
  });
}

function doubles(values: readonly number[]): Tensor {
  return tensor(Float64Array.from(values));
}
