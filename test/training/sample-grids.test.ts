import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DataKind, type Dataset, keptPart } from '../../src/data/dataset';
import { readPng } from '../../src/io/png';
import { randn } from '../../src/tensor/create';
import type { Model } from '../../src/training/model';
import { Trainer } from '../../src/training/trainer';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyModel } from '../support/recorded';
import { buildSmall, SMALL } from '../support/small-recipes';
import { filesOf, reportsOf, temporaryFolder, tinyData, tinyLoader } from '../support/training';

const folder = temporaryFolder();

const build = tinyModel(
  {},
  {
    trains: 'generator',
    loss: ({ made: { fake }, networks: { discriminator: D } }) => D.forward(fake).mean(),
  },
);

async function train(
  name: string,
  model: Model,
  { kind, heldOut }: { readonly kind?: DataKind; readonly heldOut?: Dataset } = {},
): Promise<string> {
  const trainer = new Trainer({ ...model, device: testDevice, precision: 'fp32', seed: 5 });
  const loader = tinyLoader({ kind, count: 96 });
  const out = join(folder.path, name);
  try {
    await reportsOf(
      trainer.fit(loader, { steps: 14, sampleEvery: 5, checkpointEvery: 14, out, heldOut, page: false }),
    );
  } finally {
    loader.dispose();
    trainer.dispose();
  }
  return out;
}

test('grids beside the samples see fixed images and draws, and move the run by no bit', async () => {
  const seen: { real: unknown; drawn: unknown; training: boolean }[] = [];
  const model = build();
  const grids: Model['grids'] = {
    pairs({ batch: { images: real }, random, generate, device }) {
      const latents = randn([real.shape[0], 4], { generator: random, device });
      // From the default generator, and with dropout if it were on.
      randn([3], { device });
      seen.push({
        real: real.toArray(),
        drawn: latents.toArray(),
        training: Object.values(model.networks).some(({ training }) => training),
      });
      return { images: generate(latents), columns: 4 };
    },
  };
  const plain = await train('plain', build());
  const drawn = await train('drawn', { ...model, grids });
  expect(readdirSync(join(drawn, 'samples')).sort()).toEqual([
    'pairs-step-000005.png',
    'pairs-step-000010.png',
    'pairs-step-000014.png',
    'step-000005.png',
    'step-000010.png',
    'step-000014.png',
  ]);
  expect(await readPng(join(drawn, 'samples', 'pairs-step-000005.png'))).toMatchObject({
    width: 4 * 18 + 2,
    height: 8 * 18 + 2,
  });
  expect(seen).toEqual([seen[0], seen[0], seen[0]]);
  expect(seen[0].training).toBe(false);
  const [expected, found] = [plain, drawn].map((run) => filesOf(join(run, 'checkpoints', 'step-000014')));
  expect(found).toEqual(expected);
});

describe('sample grids of a model that takes images in', () => {
  const small = (recipe: string) => {
    const found = SMALL.find((each) => each.recipe === recipe);
    if (!found) throw new Error(recipe);
    return buildSmall(found, 14);
  };
  const picture = (run: string) => readPng(join(run, 'samples', 'step-000014.png'));
  /** Width and height of so many tiny images in rows of six. */
  const sizeOfGrid = (count: number) => ({ width: 6 * 18 + 2, height: Math.ceil(count / 6) * 18 + 2 });

  test('are of the first examples that are learned, and move the run by no bit', async () => {
    const { sampler: _, ...silent } = small('pix2pix');
    const plain = await train('plain', silent, { kind: 'pairs' });
    const drawn = await train('drawn', small('pix2pix'), { kind: 'pairs' });
    expect(await picture(drawn)).toMatchObject(sizeOfGrid(3 * 16));
    expect(existsSync(join(plain, 'samples', 'step-000014.png'))).toBe(false);
    const [expected, found] = [plain, drawn].map((run) => filesOf(join(run, 'checkpoints', 'step-000014')));
    expect(found).toEqual(expected);
  });

  test('are of images that are not learned where there are such, input, output and target beside each other', async () => {
    const heldOut = tinyData('pairs', { count: 3 });
    const { pixels, width, height } = await picture(
      await train('held', small('pix2pix'), { kind: 'pairs', heldOut }),
    );
    expect({ width, height }).toEqual(sizeOfGrid(3 * 3));
    const tile = (column: number) =>
      Array.from({ length: 256 }, (_, i) => {
        const [row, x] = [2 + Math.floor(i / 16), 2 + column * 18 + (i % 16)];
        return pixels[row * width + x];
      });
    const [input, target] = await Promise.all(['a', 'b'].map((part) => keptPart(heldOut, part).images([0])));
    expect([tile(0), tile(2)]).toEqual([[...input], [...target]]);
    expect(tile(1)).not.toEqual(tile(0));
  });

  test('of two domains have as many of each as there are', async () => {
    const heldOut = tinyData('unpaired', { count: 12 });
    expect(Object.values(heldOut.parts).map(({ count }) => count)).toEqual([12, 4]);
    const run = await train('domains', small('cyclegan'), { kind: 'unpaired', heldOut });
    expect(await picture(run)).toMatchObject(sizeOfGrid(3 * (12 + 4)));
  });
});

test('a conditional model refuses data of another number of classes, naming both', async () => {
  const model = { ...build(), latent: { size: 4, classes: 5, conditional: true } };
  await expect(train('classes', model)).rejects.toEqual(
    usage('a conditional model of 5 classes expects a data set with as many but "tiny" has 3'),
  );
});
