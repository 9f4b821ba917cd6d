import { GanError } from '../errors';
import type { Tensor } from '../tensor/tensor';
import type { ParameterState } from './bucket';

/** What a state must fit. */
export interface Expected {
  /** A state of each parameter, by its position: names and shapes. */
  readonly templates: readonly ParameterState[];
  readonly groups: number;
}

/**
 * Checks an optimizer's state dict against its parameters.
 *
 * @returns whether the state has something for the parameter at a position
 * @throws GanError `ERR_STATE_DICT`, listing all that does not fit
 */
export function checkOptimizerState(
  owner: string,
  state: Readonly<Record<string, Tensor>>,
  { templates, groups }: Expected,
): (index: number) => boolean {
  const indices = new Set(Object.keys(state).map((name) => name.split('.')[0]));
  const known = (index: number): boolean => indices.has(String(index));
  const shapes = new Map<string, readonly number[]>([
    ['steps', []],
    ['lr', [groups]],
    ['weight_decay', [groups]],
  ]);
  for (const [index, template] of templates.entries())
    if (known(index))
      for (const [name, held] of Object.entries(template)) shapes.set(`${index}.${name}`, held.shape);

  const missing = [...shapes.keys()].filter((name) => !Object.hasOwn(state, name));
  const unexpected = Object.keys(state).filter((name) => !shapes.has(name));
  const mismatched = [...shapes].flatMap(([name, shape]) => {
    if (!Object.hasOwn(state, name) || text(state[name].shape) === text(shape)) return [];
    return [`${name} should have shape ${text(shape)} but the state's is ${text(state[name].shape)}`];
  });
  const fits = missing.length === 0 && mismatched.length === 0;
  const problems = [
    ...list('missing', missing),
    ...list('unexpected', unexpected),
    ...mismatched,
    ...(fits ? wrongNumbers(state) : []),
  ];
  if (problems.length > 0)
    throw new GanError('ERR_STATE_DICT', `the state does not fit this ${owner}: ${problems.join('; ')}`);
  return known;
}

/** The steps and rates of a state that a training cannot go on with. */
function wrongNumbers({ steps, lr, weight_decay }: Readonly<Record<string, Tensor>>): string[] {
  const done = steps.item();
  const rates = Object.entries({ lr, weight_decay }).flatMap(([name, values]) =>
    Array.from(values.toTypedArray(), Number)
      .filter((value) => !(value >= 0 && Number.isFinite(value)))
      .map((value) => `${name} should be finite and at least 0 but is ${value}`),
  );
  if (Number.isSafeInteger(done) && done >= 0) return rates;
  return [`steps should be a whole number of at least 0 but is ${done}`, ...rates];
}

function list(kind: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`${kind} ${names.join(', ')}`];
}

function text(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
