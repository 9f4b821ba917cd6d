import { native } from '../native/addon';

/** What an argument of an operator is, as far as a recording must tell. */
export type ArgumentKind = 'tensor' | 'tensors' | 'other';

/** An argument, by LibTorch's name for it. */
export interface Parameter {
  readonly name: string;
  readonly kind: ArgumentKind;
  /** LibTorch’s type, e.g. `SymInt[2]` or `float`. */
  readonly type: string;
  /** Whether it is given by its name alone. */
  readonly keyword: boolean;
}

/** An operator by LibTorch's own schema. */
export interface OperatorSchema {
  /** Without its overload: `add` of `add.Tensor`. */
  readonly name: string;
  readonly parameters: readonly Parameter[];
}

/** `SymInt[2] stride=1`, `Tensor(a!) self` */
const PARAMETER = /(?:^|, )([A-Za-z]\w*(?:\([^)]*\))?\??(?:\[\d*\])?\??) (\w+)(?:=\[[^\]]*\]|=[^,]*)?/g;

/** Entries of the addon that are no operators of LibTorch. */
const ENTRIES: Readonly<Record<string, OperatorSchema>> = {
  batchNormLeakyRelu: entry(
    'batchNormLeakyRelu',
    'Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps, float slope',
  ),
  instanceNormLeakyRelu: entry(
    'instanceNormLeakyRelu',
    'Tensor input, Tensor? weight, Tensor? bias, float eps, float slope',
  ),
  upFirDown: entry('upFirDown', 'Tensor input, float[] kernel, int up, int down, int[4] padding'),
  toBuffer: entry('toBuffer', 'Tensor self'),
};

let known: ReadonlyMap<string, OperatorSchema> | null = null;

/** An operator by its name in `native/ops.def`, or an entry of the addon; null for an entry that no format has a word for. */
export function schemaOf(name: string): OperatorSchema | null {
  known ??= new Map(
    native()
      .schemas()
      .map(([operator, schema]) => [operator, schemaIn(schema)]),
  );
  return ENTRIES[name] ?? known.get(name) ?? null;
}

/** Whether an operator changes one of its arguments: `relu_`, but not `_to_copy` or `to_dtype`. */
export function worksInPlace(name: string): boolean {
  return name.endsWith('_') || /[a-z0-9]__/.test(name);
}

/** `add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
function schemaIn(schema: string): OperatorSchema {
  const open = schema.indexOf('(');
  return entry(schema.slice(0, open).split('.')[0], schema.slice(open + 1, schema.lastIndexOf(') -> ')));
}

function entry(name: string, text: string): OperatorSchema {
  const [positional, named = ''] = text.split(/(?:^|, )\*, /);
  return { name, parameters: [...parametersIn(positional, false), ...parametersIn(named, true)] };
}

function parametersIn(text: string, keyword: boolean): Parameter[] {
  return [...text.matchAll(PARAMETER)].map(([, type, name]) => ({ name, kind: kindOf(type), type, keyword }));
}

function kindOf(type: string): ArgumentKind {
  if (!type.startsWith('Tensor')) return 'other';
  return type.includes('[') ? 'tensors' : 'tensor';
}
