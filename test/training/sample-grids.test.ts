import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readPng } from '../../src/io/png';
import { randn } from '../../src/tensor/create';
import type { Model } from '../../src/training/model';
import { Trainer } from '../../src/training/trainer';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyModel } from '../support/recorded';
import { filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();

const build = tinyModel(
  {},
  {
    trains: 'generator',
    loss: ({ made: { fake }, networks: { discriminator: D } }) => D.forward(fake).mean(),
  },
);

async function train(name: string, model: Model): Promise<string> {
  const trainer = new Trainer({ ...model, device: testDevice, precision: 'fp32', seed: 5 });
  const loader = tinyLoader();
  const out = join(folder.path, name);
  try {
    await reportsOf(
      trainer.fit(loader, { steps: 14, sampleEvery: 5, checkpointEvery: 14, out, page: false }),
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

test('a conditional model refuses data of another number of classes, naming both', async () => {
  const model = { ...build(), latent: { size: 4, classes: 5, conditional: true } };
  await expect(train('classes', model)).rejects.toEqual(
    usage('a conditional model of 5 classes expects a data set with as many but "tiny" has 3'),
  );
});
