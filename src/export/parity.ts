import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { RuntimeSession } from './runtime';
import type { Variable } from './sizes';
import { type ExportTask, sizesOf } from './task';
import { examplesOf } from './trace';

/** How far the outputs of two runtimes are apart. */
export interface Difference {
  readonly largest: number;
  readonly mean: number;
}

/** The same inputs through LibTorch and through another runtime. */
export interface Parity {
  readonly runtime: string;
  /** By output, over all inputs that were tried. */
  readonly outputs: Readonly<Record<string, Difference>>;
  /** The sizes that were tried. */
  readonly sizes: readonly Readonly<Record<string, number>>[];
  /** What the largest difference may be; null where nothing is promised but that it is a number. */
  readonly tolerance: number | null;
  readonly holds: boolean;
}

/**
 * Compares a model in another runtime with LibTorch, on inputs of the sizes that were recorded and of others: one more and one less of each open size where
 * that may be.
 */
export async function measureParity(
  session: RuntimeSession,
  {
    task,
    variables,
    tolerance,
  }: {
    readonly task: ExportTask;
    readonly variables: readonly Variable[];
    readonly tolerance: number | null;
  },
): Promise<Parity> {
  const sizes = sizesToTry(task, variables);
  const found: Record<string, Difference>[] = [];
  for (const [seed, each] of sizes.entries()) found.push(await compare(session, { task, sizes: each, seed }));
  const outputs = together(found);
  const most = tolerance ?? Number.MAX_VALUE;
  // NaN is no small difference.
  const holds = Object.values(outputs).every(({ largest }) => largest <= most);
  return { runtime: session.runtime, outputs, sizes, tolerance, holds };
}

/** Of a parity that does not hold the first output whose difference is more than may be, and that difference. */
export function furtherApart({ outputs, tolerance }: Parity): {
  readonly name: string;
  readonly largest: number;
} {
  const most = tolerance ?? Number.MAX_VALUE;
  const [[name, { largest }]] = Object.entries(outputs).filter(([, each]) => !(each.largest <= most));
  return { name, largest };
}

/** Sides up to which a model is tried at more than one step beyond what was recorded: larger images take minutes. */
const LARGE = 256;

/** Those that were recorded, and two sets of others: a batch of one, and where any height and width goes odd ones. */
function sizesToTry(
  { variables: all, border }: ExportTask,
  open: readonly Variable[],
): Record<string, number>[] {
  const base = sizesOf(all);
  const large = open.some(({ value, other }) => 2 * other - value > LARGE);
  const stepped = ({ value, other }: Variable, times: number) => value + times * (other - value);
  const others = open.map((variable, i) => [variable.name, i === 0 ? stepped(variable, -1) : variable.other]);
  const last = open.map((variable, i) => {
    const size = stepped(variable, large ? 1 : i === 0 ? 3 : 2);
    return [variable.name, border === null || i === 0 ? size : size - 2 * i + 1];
  });
  return [base, { ...base, ...Object.fromEntries(others) }, { ...base, ...Object.fromEntries(last) }];
}

async function compare(
  session: RuntimeSession,
  { task, sizes, seed }: { task: ExportTask; sizes: Readonly<Record<string, number>>; seed: number },
): Promise<Record<string, Difference>> {
  const inputs = keep(scope(() => examplesOf(task, sizes, seed)));
  const expected = keep(scope(() => task.reference(inputs)));
  try {
    const got = await session.run(inputs);
    const names = Object.keys(expected);
    return Object.fromEntries(names.map((name) => [name, differenceOf(expected[name], keep(got[name]))]));
  } finally {
    for (const tensor of [...Object.values(inputs), ...Object.values(expected)]) tensor.dispose();
  }
}

/** Of all numbers; `got` is released. */
export function differenceOf(expected: Tensor, got: Tensor): Difference {
  try {
    if (String(expected.shape) !== String(got.shape))
      return { largest: Number.POSITIVE_INFINITY, mean: Number.POSITIVE_INFINITY };
    return scope(() => {
      const apart = expected.double().sub(got.double()).abs();
      return { largest: apart.max().item(), mean: apart.mean().item() };
    });
  } finally {
    got.dispose();
  }
}

function together(found: readonly Readonly<Record<string, Difference>>[]): Record<string, Difference> {
  const names = Object.keys(found[0] ?? {});
  const of = (name: string): Difference => ({
    largest: Math.max(...found.map((each) => each[name].largest)),
    mean: found.reduce((sum, each) => sum + each[name].mean, 0) / found.length,
  });
  return Object.fromEntries(names.map((name) => [name, of(name)]));
}
