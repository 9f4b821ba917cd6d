import { UsageError } from '../errors';
import { native } from '../native/addon';
import type { DType, MemoryFormat } from '../native/types';
import { noGrad } from '../tensor/autograd';
import { isFloating } from '../tensor/full-precision';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { handlesOf } from '../tensor/wrap';
import { copier, switchedOff } from './copy';
import { heldBy, snakeCase, unique } from './fields';
import { isParameter, type Parameter } from './parameter';
import { type LoadReport, loadInto, type StateDict } from './state-dict';
import { refuseCycle, refuseSharedNames } from './state-names';
import { addFrame } from './trace';
import { moduleWatch } from './watch';

/** Where a module's tensors should be, and how. */
export interface Placement {
  readonly device?: string;
  /** For floating-point tensors only. */
  readonly dtype?: DType;
  /** Touches tensors of four dimensions only. */
  readonly memoryFormat?: MemoryFormat;
}

interface Buffer {
  readonly tensor: Tensor;
  readonly persistent: boolean;
  readonly shared: boolean;
}

/**
 * A network or a part of one, as PyTorch's `nn.Module`. Its own fields that hold a {@link Parameter} or another module, or
 * an array of them, are its parameters and children, in the order of the fields; buffers are registered.
 *
 * Tensors are named as PyTorch names them: the path of fields, in snake_case, e.g. `toRgb.weight` is `to_rgb.weight`. Paths
 * of modules, in errors and {@link Module.namedModules}, are the fields as they are written.
 *
 * `forward` must be a method, not an arrow function in a field; `#private` fields are not seen and not cloned.
 */
export abstract class Module {
  #training = true;
  #frozen = false;
  #thaw: (() => void) | null = null;
  readonly #buffers = new Map<string, Buffer>();
  readonly #forwardOfClass: (...inputs: Tensor[]) => Tensor;

  constructor() {
    // Wrapped for each instance, so that errors name the failed layer in modules that users write, too.
    const forward = this.forward;
    const traced = (...inputs: Tensor[]): Tensor => {
      const watch = moduleWatch();
      watch?.enter(this);
      try {
        return forward.apply(this, inputs);
      } catch (error) {
        addFrame(error, this);
        throw error;
      } finally {
        watch?.leave();
      }
    };
    this.#forwardOfClass = traced;
    Object.defineProperty(this, 'forward', { value: traced, configurable: true, writable: true });
  }

  /** Computes the module's output. @throws TorchError whose message begins with the path of the layer that failed */
  abstract forward(...inputs: Tensor[]): Tensor;

  /** Whether `forward` is the class's: nobody has put another one on this instance. */
  get hasForwardOfClass(): boolean {
    return this.forward === this.#forwardOfClass;
  }

  /** Whether layers behave as in training (dropout, batch statistics). */
  get training(): boolean {
    return this.#training;
  }

  /** Whether {@link Module.freeze} holds this module: its batch statistics do not move. */
  get frozen(): boolean {
    return this.#frozen;
  }

  /** The modules held by this one's own fields, by path. */
  namedChildren(): [string, Module][] {
    return heldBy(this, isModule);
  }

  /** The modules held by this one's own fields. */
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** This module (path '') and all below it, each once, parents first. */
  namedModules(): [string, Module][] {
    const paths = new Map<Module, string>();
    const visit = (module: Module, path: string): void => {
      if (paths.has(module)) return;
      paths.set(module, path);
      for (const [name, child] of module.namedChildren())
        visit(child, path === '' ? name : `${path}.${name}`);
    };
    visit(this, '');
    return [...paths].map(([module, path]) => [path, module]);
  }

  /** This module and all below it, each once, parents first. */
  modules(): Module[] {
    const found = new Set<Module>();
    const visit = (module: Module): void => {
      if (found.has(module)) return;
      found.add(module);
      for (const child of module.children()) visit(child);
    };
    visit(this);
    return [...found];
  }

  /** Every parameter with PyTorch's name for it, each once. @throws UsageError for two of one name, or a module below itself */
  namedParameters(): [string, Parameter][] {
    return unique(this.#named((module) => heldBy(module, isParameter)));
  }

  /** Every parameter, each once. */
  parameters(): Parameter[] {
    const held = this.modules().flatMap((module) => heldBy(module, isParameter));
    return [...new Set(held.map(([, tensor]) => tensor))];
  }

  /** Every buffer with PyTorch's name for it, each once. @throws UsageError for two of one name, or a module below itself */
  namedBuffers(): [string, Tensor][] {
    return unique(this.#named((module) => module.#ownBuffers(() => true)));
  }

  /** The buffers that processes which train together have each of its own, as {@link Module.namedBuffers} has them. */
  namedProcessBuffers(): [string, Tensor][] {
    return unique(this.#named((module) => module.#ownBuffers(({ shared }) => !shared)));
  }

  /** Every buffer, each once. */
  buffers(): Tensor[] {
    const held = this.modules().flatMap((module) => module.#ownBuffers(() => true));
    return [...new Set(held.map(([, tensor]) => tensor))];
  }

  /**
   * Parameters and buffers by PyTorch's names, in PyTorch's order: detached views of the same memory, which belong to the
   * caller's scope.
   *
   * @throws UsageError for two tensors of one name, or a module below itself
   */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(this.#state().map(([name, tensor]) => [name, tensor.detach()]));
  }

  /**
   * Copies a state into the module's own tensors, which stay the same objects on their device and in their dtype.
   *
   * @param options.strict whether missing and unexpected names are errors (true)
   * @returns the names that were missing and unexpected
   * @throws GanError `ERR_STATE_DICT`, listing everything that does not fit; nothing is loaded then
   * @throws UsageError for what is no state, and as {@link Module.stateDict}
   */
  loadStateDict(state: StateDict, { strict = true }: { readonly strict?: boolean } = {}): LoadReport {
    return loadInto(this.constructor.name, this.#state(), state, strict);
  }

  /** Switches this module and all below it to training behaviour, or to that of {@link Module.eval}. */
  train(mode = true): this {
    for (const module of this.modules()) module.#training = mode;
    return this;
  }

  /** Switches to the behaviour for use: no dropout, running instead of batch statistics. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Stops training of all parameters, and batch statistics from moving, until {@link Module.unfreeze}. A batch norm that is
   * training still normalises with its batch's statistics. Freezing a frozen module again does nothing.
   */
  freeze(): this {
    if (this.#thaw !== null) return this;
    const parameters = this.parameters().filter((tensor) => tensor.requiresGrad);
    const modules = this.modules().filter((module) => !module.#frozen);
    native().setRequiresGrad(handlesOf(parameters), false);
    for (const parameter of parameters) switchedOff.add(parameter);
    for (const module of modules) module.#frozen = true;
    this.#thaw = () => {
      native().setRequiresGrad(handlesOf(parameters), true);
      for (const parameter of parameters) switchedOff.delete(parameter);
      for (const module of modules) module.#frozen = false;
    };
    return this;
  }

  /** Undoes this module's {@link Module.freeze}: what was already frozen before it stays so. */
  unfreeze(): this {
    this.#thaw?.();
    this.#thaw = null;
    return this;
  }

  /** Moves all parameters, their gradients and buffers in place: every tensor stays the same object. */
  to({ device, dtype, memoryFormat }: Placement): this {
    const place = (tensor: Tensor): void => {
      const format = tensor.dim === 4 ? memoryFormat : undefined;
      tensor.setData(
        tensor.to({ device, dtype: isFloating(tensor.dtype) ? dtype : undefined, memoryFormat: format }),
      );
    };
    scope(() =>
      noGrad(() => {
        for (const tensor of [...this.parameters(), ...this.buffers()]) {
          const gradient = isParameter(tensor) ? tensor.grad : null;
          place(tensor);
          if (gradient !== null) place(gradient);
        }
      }),
    );
    return this;
  }

  /** Drops all gradients. */
  zeroGrad(): void {
    native().clearGradients(handlesOf(this.parameters()));
  }

  /**
   * A deep copy with parameters and buffers of its own, made without running the class's constructor; modules, tensors,
   * arrays, plain objects and maps in fields are copied, everything else is shared. The copy is not frozen.
   */
  clone(): this {
    return this.#copy(new Map());
  }

  /** Releases all parameters and buffers; the module cannot be used afterwards. */
  dispose(): void {
    for (const tensor of new Set([...this.parameters(), ...this.buffers()])) tensor.dispose();
  }

  /** The module as a tree of layers with their options, as PyTorch prints it. @throws UsageError for a module below itself */
  toString(): string {
    refuseCycle(this);
    const children = this.namedChildren().map(([name, child]) => `(${name}): ${child}`);
    const lines = [this.describe(), ...children].filter((line) => line !== '');
    const name = this.constructor.name;
    if (children.length === 0) return `${name}(${lines.join('')})`;
    return `${name}(\n${lines.join('\n').replace(/^/gm, '  ')}\n)`;
  }

  /** The layer's options for `toString()`, e.g. `3, 4, kernelSize=[3, 3]`. */
  protected describe(): string {
    return '';
  }

  /**
   * Makes `tensor` a buffer: kept out of scopes, moved and saved with the module, and no parameter. Returns it for a field:
   * `this.runningMean = this.registerBuffer('running_mean', zeros([n]))`.
   *
   * @param name its name in state dicts
   * @param options.persistent whether state dicts hold it (true)
   * @param options.shared whether processes that train together begin with that of the first; else each has its own, which checkpoints hold (true)
   * @throws UsageError for a name that another buffer has
   */
  protected registerBuffer(
    name: string,
    tensor: Tensor,
    { persistent = true, shared = true }: { readonly persistent?: boolean; readonly shared?: boolean } = {},
  ): Tensor {
    const known = this.#buffers.get(name);
    if (known && known.tensor !== tensor)
      throw new UsageError(
        `${this.constructor.name} expects a name of its own for each buffer but registers ${name} twice: rename one of them, or copy_ into the first`,
      );
    this.#buffers.set(name, { tensor: keep(tensor), persistent, shared });
    return tensor;
  }

  /** PyTorch's name for a tensor of a child, from the child's path and its name there; for modules that PyTorch does not see. */
  protected nameOf(child: string, name: string): string {
    return `${snakeCase(child)}.${name}`;
  }

  #state(): [string, Tensor][] {
    return this.#named<Tensor>((module) => [
      ...heldBy(module, isParameter),
      ...module.#ownBuffers(isPersistent),
    ]);
  }

  #ownBuffers(wanted: (buffer: Buffer) => boolean): [string, Tensor][] {
    return [...this.#buffers]
      .filter(([, buffer]) => wanted(buffer))
      .map(([name, buffer]) => [name, buffer.tensor]);
  }

  #named<T extends Tensor>(own: (module: Module) => [string, T][]): [string, T][] {
    refuseCycle(this);
    const named = this.#tensors(own);
    refuseSharedNames(this.constructor.name, named, () => this.#tensors(own, { written: true }));
    return named;
  }

  #tensors<T extends Tensor>(
    own: (module: Module) => [string, T][],
    { written = false } = {},
  ): [string, T][] {
    const found = own(this).map(([name, tensor]): [string, T] => [written ? name : snakeCase(name), tensor]);
    for (const [child, module] of this.namedChildren())
      for (const [name, tensor] of module.#tensors(own, { written }))
        found.push([written ? `${child}.${name}` : this.nameOf(child, name), tensor]);
    return found;
  }

  #copy(copies: Map<object, object>): this {
    // The base constructor alone, with this class as its target: it sets up what every module has.
    const copy: this = Reflect.construct(Module, [], this.constructor);
    copies.set(this, copy);
    copy.#training = this.#training;
    const copied = copier(copies, isModule, (module) => module.#copy(copies));
    for (const [name, buffer] of this.#buffers)
      copy.#buffers.set(name, { ...buffer, tensor: copied(buffer.tensor) });
    for (const [field, value] of Object.entries(this)) Reflect.set(copy, field, copied(value));
    return copy;
  }
}

function isModule(value: unknown): value is Module {
  return value instanceof Module;
}

function isPersistent({ persistent }: Buffer): boolean {
  return persistent;
}
