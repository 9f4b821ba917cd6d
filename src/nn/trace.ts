/** What of a module is needed here. */
interface Tree {
  /** The modules in it with their paths, itself included. */
  namedModules(): [path: string, module: object][];
}

/** Where an error has been on its way up through the modules. */
interface Trace {
  /** The outermost module it passed. */
  module: Tree;
  /** The failed module's path within it, '' when it is that module. */
  path: string;
  /** The failed module's class. */
  readonly kind: string;
}

/** What of a TorchError is needed here; by shape, because errors may come from another realm. */
interface Locatable {
  readonly message: string;
  stack?: string;
  locate(layer: string): void;
}

const traces = new WeakMap<object, Trace>();
const rootNames = new WeakMap<Tree, string>();
/** The named network of each module in one: a loss may call a part of it, e.g. a second head, without passing its `forward`. */
const roots = new WeakMap<object, Tree>();

/**
 * Gives a network the name its errors begin with: an error in its fourth layer then reads
 * `generator.3 (ConvTranspose2d): …`. The trainer names the networks it is given.
 */
export function nameRoot(module: Tree, name: string): void {
  rootNames.set(module, name);
  for (const [, inner] of module.namedModules()) roots.set(inner, module);
}

/**
 * Notes that `error` passed through `module`'s forward, and puts the failed layer's path, as far as it is known, in front of
 * the message. Errors other than the tensor layer's are left alone.
 */
export function addFrame(error: unknown, module: Tree): void {
  if (!isLocatable(error)) return;
  const known = traces.get(error);
  const trace = known ?? { module, path: '', kind: module.constructor.name };
  if (known) climb(trace, module);
  else traces.set(error, trace);
  relabel(error, trace);
}

function climb(trace: Trace, module: Tree): void {
  const found = module.namedModules().find(([, inner]) => inner === trace.module);
  if (found === undefined) return;
  trace.path = join(found[0], trace.path);
  trace.module = module;
}

function relabel(error: Locatable, { module, path, kind }: Trace): void {
  const place = join(placeOf(module), path);
  const before = error.message;
  error.locate(place === '' ? kind : `${place} (${kind})`);
  error.stack = error.stack?.replace(before, () => error.message);
}

/** The name of the network that a module is or is in, and its path there. */
function placeOf(module: Tree): string {
  const own = rootNames.get(module);
  if (own !== undefined) return own;
  const root = roots.get(module);
  const within = root?.namedModules().find(([, inner]) => inner === module)?.[0];
  return root === undefined || within === undefined ? '' : join(rootNames.get(root) ?? '', within);
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('.');
}

function isLocatable(error: unknown): error is Locatable {
  return (
    typeof error === 'object' && error !== null && 'locate' in error && typeof error.locate === 'function'
  );
}
