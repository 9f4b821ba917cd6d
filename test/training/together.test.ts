// Two processes on halves of a batch learn what one learns from the whole.
import { join } from 'node:path';
import { onRanks, testOnRanks } from '../support/ranks';
import type { Together } from './together';

const PROGRAM = join(__dirname, 'together.ts');

jest.setTimeout(300_000);

async function trained(size: number, model: string, way: string): Promise<Together[]> {
  const { code, stderr, reports } = await onRanks(size, PROGRAM, [model, way]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return reports as Together[];
}

function expectNear(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  expect(found).toHaveLength(wanted.length);
  const worst = Math.max(
    ...found.map((value, i) => Math.abs(value - wanted[i]) / Math.max(1, Math.abs(wanted[i]))),
  );
  expect(worst).toBeLessThan(tolerance);
}

// Noise and places between images are drawn for each part of a batch: of those models one process learns the same halves in two parts.
for (const [model, way] of [
  ['normless', 'whole'],
  ['wgan-gp', 'parts'],
  ['stylegan2', 'parts'],
])
  testOnRanks(
    `20 steps of ${model} on 2 ranks of 32 images are those of 1 process on 64, ${way}`,
    async () => {
      const [[first, second], [one]] = [await trained(2, model, 'ranks'), await trained(1, model, way)];
      expect(second).toEqual(first);
      for (const [step, losses] of one.losses.entries()) expectNear(first.losses[step], losses, 1e-4);
      for (const [network, weights] of Object.entries(one.weights))
        expectNear(first.weights[network], weights, 1e-3);
      expect(one.losses).toHaveLength(20);
    },
  );

testOnRanks('mean path length, mean w and what ADA goes by are of all ranks', async () => {
  const [first, second] = await trained(2, 'stylegan2 with ADA', 'ranks');
  expect(second).toEqual(first);
  const {
    'paths.mean': [length],
    'generator.mean_style': style,
    ...others
  } = first.kept;
  expect(length).toBeGreaterThan(0);
  expect(style.some((value) => value !== 0)).toBe(true);
  // The images of three steps, those of both ranks.
  expect(others).toMatchObject({ 'ada.seen': [3 * 64], 'ada.batches': [3] });
});
