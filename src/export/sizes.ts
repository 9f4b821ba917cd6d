/** A size of an input that graphs leave open: its name and what it was in the first run. */
export interface Variable {
  readonly name: string;
  readonly value: number;
  /** What it was in the one run where it was another. */
  readonly other: number;
}

/** The factor (scale · variable + offset) of a size. */
export interface Factor {
  readonly variable: string;
  readonly scale: number;
  readonly offset: number;
}

/**
 * A whole number of a graph, which may depend on open sizes of inputs: multiplier · Π (scale · variable + offset) / divisor. Without factors
 * it is a constant.
 */
export class Size {
  constructor(
    /** In the first run. */
    readonly value: number,
    readonly factors: readonly Factor[] = [],
    readonly multiplier = 1,
    readonly divisor = 1,
  ) {}

  /** Whether no open size decides it. */
  get constant(): boolean {
    return this.factors.length === 0;
  }

  /** Equal texts are equal sizes. */
  toString(): string {
    if (this.constant) return String(this.value);
    const factors = this.factors.map(({ variable, scale, offset }) => {
      const scaled = scale === 1 ? variable : `${scale}*${variable}`;
      return offset === 0 ? scaled : `(${scaled}${offset < 0 ? '-' : '+'}${Math.abs(offset)})`;
    });
    const product = [...(this.multiplier === 1 ? [] : [this.multiplier]), ...factors].join('*');
    return this.divisor === 1 ? product : `${product}/${this.divisor}`;
  }
}

/**
 * The size that was `values[0]` in the first run, and `values[i]` in the run where only the i-th variable was another: a product of linear
 * functions of one variable each. That it is right for other sizes, too, is for a comparison at those to tell.
 */
export function fitSize(values: readonly number[], variables: readonly Variable[]): Size {
  const [base, ...others] = values;
  const moved = variables
    .map((variable, i) => ({ variable, change: others[i] - base }))
    .filter(({ change }) => change !== 0);
  if (moved.length === 0) return new Size(base);
  // Of several factors each is divided by what it was in the first run; a lone one is the size itself.
  const whole = moved.length === 1 ? 1 : base;
  let multiplier = moved.length === 1 ? 1 : base;
  let divisor = 1;
  const factors = moved.map(({ variable: { name, value, other }, change }) => {
    const step = other - value;
    const offset = base * step - change * value;
    // So that what is divided by is above 0, whichever way the variable went.
    const common = gcd(gcd(change, offset), step * whole) * Math.sign(step);
    divisor *= (step * whole) / common;
    return { variable: name, scale: change / common, offset: offset / common };
  });
  const common = gcd(multiplier, divisor);
  multiplier /= common;
  divisor /= common;
  return new Size(base, factors, multiplier, divisor);
}

function gcd(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)];
  while (y > 0) [x, y] = [y, x % y];
  return x === 0 ? 1 : x;
}
