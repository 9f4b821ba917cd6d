import { native } from '../native/addon';

/** What an argument of an operator is, as far as a recording must tell. */
export type ArgumentKind = 'tensor' | 'tensors' | 'other';

/** An argument, by LibTorch's name for it. */
export interface Parameter {
  readonly name: string;
  readonly kind: ArgumentKind;
}

/** Entries of the addon that are no operators of LibTorch: which of their arguments are tensors. */
const ENTRIES: Readonly<Record<string, readonly Parameter[]>> = {
  batchNormLeakyRelu: [
    ...['input', 'weight', 'bias', 'running_mean', 'running_var'].map((name) => of(name, 'tensor')),
    ...['training', 'momentum', 'eps', 'slope'].map((name) => of(name, 'other')),
  ],
  upFirDown: [of('input', 'tensor'), ...['kernel', 'up', 'down', 'padding'].map((name) => of(name, 'other'))],
  toBuffer: [of('self', 'tensor')],
};

let known: ReadonlyMap<string, readonly Parameter[]> | null = null;

/** The arguments of an operator in their order, by LibTorch's own schema. */
export function parametersOf(name: string): readonly Parameter[] {
  known ??= new Map(
    native()
      .schemas()
      .map(([operator, schema]) => [operator, parametersIn(schema)]),
  );
  return ENTRIES[name] ?? known.get(name) ?? [];
}

/** Whether an operator changes one of its arguments: `relu_`, but not `_to_copy` or `to_dtype`. */
export function worksInPlace(name: string): boolean {
  return name.endsWith('_') || /[a-z0-9]__/.test(name);
}

function of(name: string, kind: ArgumentKind): Parameter {
  return { name, kind };
}

/** `add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
function parametersIn(schema: string): Parameter[] {
  const inside = schema.slice(schema.indexOf('(') + 1, schema.lastIndexOf(') -> '));
  return [
    ...inside.matchAll(
      /(?:^|, )([A-Z]?[\w]+(?:\([^)]*\))?[?]?(?:\[\d*\])?[?]?) (\w+)(?:=[^,[\]]*|=\[[^\]]*\])?/g,
    ),
  ].map(([, type, name]) => of(name, kindOf(type)));
}

function kindOf(type: string): ArgumentKind {
  if (!type.startsWith('Tensor')) return 'other';
  return type.includes('[') ? 'tensors' : 'tensor';
}
