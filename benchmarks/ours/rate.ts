import { type DType, randn, scope, synchronize } from '../../src';
import type { Measured, RateTask } from '../task';

const SIDE = 2048;
const REPEATS = 5;

/** FLOP/s of a matrix product 2048³ in float32 and bfloat16, the best of a few: what this machine can do at most. */
export function rate({ device }: RateTask): Measured {
  return { figures: { fp32: best('float32', device), bf16: best('bfloat16', device) } };
}

function best(dtype: DType, device: string): number {
  return scope(() => {
    const [a, b] = [
      randn([SIDE, SIDE], { device }).to({ dtype }),
      randn([SIDE, SIDE], { device }).to({ dtype }),
    ];
    const seconds = () => {
      const start = performance.now();
      scope(() => void a.matmul(b));
      synchronize(device);
      return (performance.now() - start) / 1000;
    };
    seconds();
    return (2 * SIDE ** 3) / Math.min(...Array.from({ length: REPEATS }, seconds));
  });
}
