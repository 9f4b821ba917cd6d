import { type DType, randn, scope, synchronize } from '../../src';
import type { Measured, RateTask } from '../task';

const SIDE = 2048;
const REPEATS = 5;
const DTYPES = { fp32: 'float32', bf16: 'bfloat16' } as const;

/** FLOP/s of a matrix product 2048³ in each precision, the best of a few: what this machine can do at most. */
export function rate({ device, precisions }: RateTask): Measured {
  return { figures: Object.fromEntries(precisions.map((each) => [each, best(DTYPES[each], device)])) };
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
