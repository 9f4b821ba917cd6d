import type { Feeds, ModelFacts, Numbers, PortFacts } from './facts';
import { normals, uniforms } from './random';

/** How many images each comparison is of, and how many times as large as the least ones where sizes are open. */
const PROBES = [
  { count: 1, scale: 1 },
  { count: 3, scale: 2 },
] as const;

/** Sides of the smallest pictures that two runtimes are compared on; multiples of any network’s stride. */
const SIDE = 64;

/** Inputs of a model to compare two runtimes on, the same each time. */
export function probesOf({ inputs, facts }: ModelFacts): Feeds[] {
  const side = Math.max(SIDE, facts.least ?? 1);
  return PROBES.map(({ count, scale }, seed) => {
    const sizes: Readonly<Record<string, number>> = { N: count, H: side * scale, W: side };
    const each = inputs.map((input) => {
      const dims = input.shape.map((size) => (typeof size === 'number' ? size : (sizes[size] ?? side)));
      return [input.name, { data: valuesOf(input, { dims, seed, facts }), dims }];
    });
    return Object.fromEntries(each);
  });
}

function valuesOf(
  { name }: PortFacts,
  {
    dims,
    seed,
    facts,
  }: { readonly dims: readonly number[]; readonly seed: number; readonly facts: ModelFacts['facts'] },
): Float32Array | BigInt64Array {
  const length = dims.reduce((product, size) => product * size, 1);
  const uniform = uniforms(seed + 11);
  const classes = facts.latent?.classes ?? 1;
  const filled = (value: () => number) => Float32Array.from({ length }, value);
  switch (name) {
    case 'label':
      return BigInt64Array.from({ length }, () => BigInt(Math.floor(uniform() * classes)));
    case 'latents':
      return normals(seed + 1, length);
    case 'truncation':
      return filled(() => 0.7);
    case 'masks':
      return filled(() => (uniform() < 0.3 ? 1 : 0));
    default:
      return filled(() => 2 * uniform() - 1);
  }
}

/** The largest difference of two results: infinite where one is no number, or where they are of other shapes. */
export function largestDifference(a: Numbers, b: Numbers): number {
  if (String(a.dims) !== String(b.dims)) return Number.POSITIVE_INFINITY;
  return a.data.reduce((largest, value, i) => {
    const apart = Math.abs(value - b.data[i]);
    return Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(largest, apart);
  }, 0);
}
