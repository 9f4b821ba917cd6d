import { functional, ones, scope, synchronize } from '../../src';
import { median } from '../statistics';
import type { Measured, OpsTask } from '../task';

/** Operations in one scope: a phase of the mlp recipe has about as many. */
const SCOPE = 100;
const SAMPLES = 15;

/** Nanoseconds of tiny operations with the release of their result, through the public tensor interface, inside scopes. */
export function ops({ device, seconds }: OpsTask): Measured {
  return scope(() => {
    const [a, b] = [ones([8], { device }), ones([8], { device })];
    const [m, n] = [ones([8, 8], { device }), ones([8, 8], { device })];
    const [image, weight] = [ones([1, 8, 8, 8], { device }), ones([8, 8, 3, 3], { device })];
    const time = (operation: () => unknown) => nanoseconds(operation, { device, seconds });
    return {
      figures: {
        add: time(() => a.add(b)),
        matmul: time(() => m.matmul(n)),
        conv2d: time(() => functional.conv2d(image, weight, null, { padding: 1 })),
      },
    };
  });
}

/** The median over samples that fill the time together. */
function nanoseconds(
  operation: () => unknown,
  { device, seconds }: { device: string; seconds: number },
): number {
  const sample = (scopes: number) => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < scopes; i++)
      scope(() => {
        for (let j = 0; j < SCOPE; j++) operation();
      });
    synchronize(device);
    return Number(process.hrtime.bigint() - start) / (scopes * SCOPE);
  };
  sample(50);
  const scopes = Math.max(1, Math.round((seconds * 1e9) / SAMPLES / SCOPE / sample(50)));
  return median(Array.from({ length: SAMPLES }, () => sample(scopes)));
}
