import type { TensorRecord, TensorRecords } from '../io/safetensors';
import type { OwnTensors } from './match-weights';

/** Tensors of a source by the names that a network has for them. */
export interface RenamedTensors {
  /** Those that no name was found for keep their own. */
  readonly tensors: TensorRecords;
  /** The source's names by the network's, where the two differ. */
  readonly names: Readonly<Record<string, string>>;
  /** Parameters that fit. */
  readonly fits: number;
}

/**
 * Finds a network's names for the tensors of a source whose own do not fit: `main.0.weight` of a network that was a part of another is
 * `0.weight`; else, where both have the same layers with weights of the same shapes in the same order, those of each layer are those of the
 * other's. The names that fit most parameters are taken, as they are where those do.
 */
export function renameTensors(tensors: TensorRecords, own: OwnTensors): RenamedTensors {
  const source = withParametrizations(tensors);
  const candidates = [new Map<string, string>(), ...prefixNames(source, own), orderNames(source, own)];
  return candidates
    .map((names) => renamed(tensors, { names: through(source, names), own }))
    .reduce((best, candidate) => (candidate.fits > best.fits ? candidate : best));
}

/** A source's names in two spellings: the network's way of saying them → its own. */
type Spelling = ReadonlyMap<string, { readonly theirs: string; readonly record: TensorRecord }>;

/** PyTorch's first spectral norm had `weight_orig`, `weight_u` and `weight_v`. */
const FIRST_SPECTRAL: Readonly<Record<string, string>> = {
  weight_orig: 'parametrizations.weight.original',
  weight_u: 'parametrizations.weight.0._u',
  weight_v: 'parametrizations.weight.0._v',
};

function withParametrizations(tensors: TensorRecords): Spelling {
  const spelled = Object.entries(tensors).map(([theirs, record]) => {
    const { layer, leaf } = placeOf(theirs);
    return [join(layer, FIRST_SPECTRAL[leaf] ?? leaf), { theirs, record }] as const;
  });
  return new Map(spelled);
}

/** Names without what all of them begin with, and with what all of the network's do: the longest part first. */
function prefixNames(source: Spelling, own: OwnTensors): ReadonlyMap<string, string>[] {
  const names = [...source.keys()];
  const added = commonParts(Object.keys(own));
  return commonParts(names).flatMap((taken) =>
    added.map((prefix) => new Map(names.map((name) => [prefix + name.slice(taken.length), name]))),
  );
}

/** What all names begin with, in whole parts: `a.b.`, `a.` and nothing. */
function commonParts(names: readonly string[]): string[] {
  const [first = ''] = names;
  const parts = first.split('.').slice(0, -1);
  return [...parts.keys(), parts.length]
    .map((count) =>
      parts
        .slice(0, count)
        .map((part) => `${part}.`)
        .join(''),
    )
    .filter((prefix) => names.every((name) => name.startsWith(prefix)))
    .reverse();
}

/** A layer's tensors by the last parts of their names, with their whole names. */
interface Layer {
  readonly tensors: Map<string, { readonly name: string; readonly shape: readonly number[] }>;
}

/** Layer by layer; nothing where they differ. */
function orderNames(source: Spelling, own: OwnTensors): ReadonlyMap<string, string> {
  const theirs = layersOf([...source].map(([name, { record }]) => ({ name, shape: record.shape })));
  const ours = layersOf(Object.entries(own).map(([name, { shape }]) => ({ name, shape })));
  const isSame =
    theirs.length === ours.length && theirs.every((layer, i) => weightText(layer) === weightText(ours[i]));
  if (!isSame) return new Map();
  const pairs = theirs.flatMap(({ tensors }, i) =>
    [...tensors].flatMap(([leaf, { name }]) => {
      const mine = ours[i].tensors.get(leaf);
      return mine === undefined ? [] : [[mine.name, name] as const];
    }),
  );
  return new Map(pairs);
}

/** The layers that have a weight, in their order. */
function layersOf(tensors: readonly { readonly name: string; readonly shape: readonly number[] }[]): Layer[] {
  const layers = new Map<string, Layer>();
  for (const tensor of tensors) {
    const { layer, leaf } = placeOf(tensor.name);
    const known = layers.get(layer) ?? { tensors: new Map() };
    known.tensors.set(leaf, tensor);
    layers.set(layer, known);
  }
  return [...layers.values()].filter((layer) => weightOf(layer) !== undefined);
}

function weightOf({ tensors }: Layer) {
  return tensors.get('weight') ?? tensors.get('parametrizations.weight.original');
}

function weightText(layer: Layer): string {
  return String(weightOf(layer)?.shape);
}

/** `a.b` and `weight` of `a.b.weight`; a parametrization belongs to the layer around it. */
function placeOf(name: string): { readonly layer: string; readonly leaf: string } {
  const [, layer = '', leaf = name] = /^(?:(.*?)\.)?(parametrizations\..*|[^.]*)$/.exec(name) ?? [];
  return { layer, leaf };
}

function join(layer: string, leaf: string): string {
  return layer === '' ? leaf : `${layer}.${leaf}`;
}

/** Ours → theirs as the file has it; as spelled where a candidate says nothing. */
function through(source: Spelling, names: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const ours = names.size > 0 ? names : new Map([...source.keys()].map((name) => [name, name]));
  return new Map([...ours].map(([mine, spelled]) => [mine, source.get(spelled)?.theirs ?? spelled]));
}

function renamed(
  tensors: TensorRecords,
  { names, own }: { readonly names: ReadonlyMap<string, string>; readonly own: OwnTensors },
): RenamedTensors {
  const known = [...names].filter(([mine]) => Object.hasOwn(own, mine));
  const used = new Set(known.map(([, theirs]) => theirs));
  const rest = Object.entries(tensors).filter(([name]) => !used.has(name) && !Object.hasOwn(own, name));
  const moved = known.map(([mine, theirs]) => [mine, tensors[theirs]] as const);
  return {
    tensors: Object.fromEntries([...moved, ...rest]),
    names: Object.fromEntries(known.filter(([mine, theirs]) => mine !== theirs)),
    fits: moved.filter(([mine, { shape }]) => own[mine].learned && String(own[mine].shape) === String(shape))
      .length,
  };
}
