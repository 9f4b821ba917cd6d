// Two processes on halves of a batch learn what one learns from the whole.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../native/fake-libtorch';
import { noRanks, oneStart, testOnRanks } from '../support/ranks';
import type { Together } from './together';
import type { Resumed } from './together-resumed';

const PROGRAM = join(__dirname, 'together.ts');

jest.setTimeout(300_000);

// Noise and places between images are drawn for each part of a batch: of those models one process learns the same halves in two parts.
const MODELS: readonly (readonly [model: string, way: string, losses: number])[] = [
  ['normless', 'whole', 1e-4],
  // With batch norm over the batch of both.
  ['dcgan', 'whole', 1e-3],
  ['wgan-gp', 'parts', 1e-4],
  ['stylegan2', 'parts', 1e-4],
];

const folder = temporaryFolder();
const ranks = oneStart(2, PROGRAM, [
  [...MODELS.map(([model]) => `${model}=ranks`), 'stylegan2 with ADA=ranks', `resumed=${folder}`].join(','),
]);
const alone = oneStart(1, PROGRAM, [MODELS.map(([model, way]) => `${model}=${way}`).join(',')]);

// Both at once, whichever test asks first.
beforeAll(() => {
  if (noRanks === null) for (const { outcome } of [ranks, alone]) void outcome();
});
afterAll(() => rmSync(folder, { recursive: true }));

function expectNear(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  expect(found).toHaveLength(wanted.length);
  const worst = Math.max(
    ...found.map((value, i) => Math.abs(value - wanted[i]) / Math.max(1, Math.abs(wanted[i]))),
  );
  expect(worst).toBeLessThan(tolerance);
}

for (const [model, way, tolerance] of MODELS)
  testOnRanks(
    `20 steps of ${model} on 2 ranks of 32 images are those of 1 process on 64, ${way}`,
    async () => {
      const [first, second] = (await ranks.of(model)) as Together[];
      const [one] = (await alone.of(model)) as Together[];
      expect(second).toEqual(first);
      for (const [step, losses] of one.losses.entries()) expectNear(first.losses[step], losses, tolerance);
      for (const [network, weights] of Object.entries(one.weights))
        expectNear(first.weights[network], weights, 1e-3);
      expect(one.losses).toHaveLength(20);
    },
  );

testOnRanks('mean path length, mean w and what ADA goes by are of all ranks', async () => {
  const [first, second] = (await ranks.of('stylegan2 with ADA')) as Together[];
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

testOnRanks('a model with replay pools goes on byte for byte, each rank with its own', async () => {
  const [first, second] = (await ranks.of('resumed')) as Resumed[];
  expect(Object.keys(first.whole).length).toBeGreaterThan(4);
  expect(first.part).toEqual(first.whole);
  expect(first.pools.some((value) => value !== 0)).toBe(true);
  expect(second.pools).not.toEqual(first.pools);
});

testOnRanks('all processes end without an error', async () => {
  for (const start of [ranks, alone]) expect(await start.outcome()).toMatchObject({ code: 0, stderr: '' });
});
