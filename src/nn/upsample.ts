import { argumentError, integerPair, numberBetween, oneOf, type Pair } from '../check';
import { UsageError } from '../errors';
import { interpolate } from '../tensor/functional';
import type { Tensor } from '../tensor/tensor';
import { Module } from './module';

/** Options of {@link Upsample}: either a size or a factor; a pair is [height, width], one number stands for both. */
export interface UpsampleOptions {
  readonly scaleFactor?: Pair;
  readonly size?: Pair;
  /** (`nearest`) */
  readonly mode?: 'nearest' | 'bilinear';
  /** For `bilinear`: whether corner pixels keep their places instead of corner areas (false). */
  readonly alignCorners?: boolean;
}

/** Images of another size: [N, C, H, W] → [N, C, ...size], or [N, C, ⌊H · scaleFactor⌋, ⌊W · scaleFactor⌋]. */
export class Upsample extends Module {
  readonly mode: 'nearest' | 'bilinear';
  readonly size: readonly [number, number] | null;
  readonly scaleFactor: readonly [number, number] | null;
  readonly alignCorners: boolean;

  /** @throws UsageError for an option out of range, or unless exactly one of size and scaleFactor is given */
  constructor({ scaleFactor, size, mode = 'nearest', alignCorners = false }: UpsampleOptions) {
    super();
    if ((size === undefined) === (scaleFactor === undefined)) {
      const received = size === undefined ? 'neither' : 'both';
      throw new UsageError(`upsample expects exactly one of size and scaleFactor but received ${received}`);
    }
    this.mode = oneOf('upsample', 'mode', mode, ['nearest', 'bilinear']);
    this.size = size === undefined ? null : integerPair('upsample', 'size', size);
    this.scaleFactor = scaleFactor === undefined ? null : factors(scaleFactor);
    if (alignCorners && mode !== 'bilinear')
      throw new UsageError(
        `upsample expects alignCorners only with mode 'bilinear' but received mode '${mode}'`,
      );
    this.alignCorners = alignCorners;
  }

  override forward(input: Tensor): Tensor {
    return interpolate(input, this);
  }

  protected override describe(): string {
    const target = this.size ?? this.scaleFactor ?? [];
    const name = this.size === null ? 'scaleFactor' : 'size';
    return `${name}=[${target.join(', ')}], mode=${this.mode}`;
  }
}

/** An {@link Upsample} layer. @throws UsageError unless exactly one of size and scaleFactor is given */
export function upsample(options: UpsampleOptions): Upsample {
  return new Upsample(options);
}

function factors(value: Pair): [number, number] {
  const [height, width] = typeof value === 'number' ? [value, value] : value;
  for (const factor of [height, width])
    if (numberBetween('upsample', 'scaleFactor', factor, { min: 0 }) === 0)
      throw argumentError('upsample', 'scaleFactor to be positive', factor);
  return [height, width];
}
