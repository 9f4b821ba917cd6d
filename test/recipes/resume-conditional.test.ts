import { join } from 'node:path';
import { recipes } from '../../src/recipes';
import { Trainer } from '../../src/training/trainer';
import { testDevice } from '../support/fixtures';
import { buildModel, filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();

/** Every recipe of classes, codes and likelihoods, small. */
const CASES: [recipe: string, set: Record<string, string>, resolution?: number][] = [
  ['cgan', { width: '4' }],
  ['acgan', { width: '4', emaImages: '0' }],
  ['projection', { generatorWidth: '2', discriminatorWidth: '2', decaySteps: '20' }, 32],
  ['infogan', { width: '4', hidden: '5' }],
  ['vae', { hidden: '8', warmUp: '12' }],
  ['vae', { network: 'conv', width: '2', likelihood: 'discretized' }],
  ['beta-vae', { hidden: '8', likelihood: 'gaussian' }],
  ['vae-gan', { width: '4', latentSize: '3' }],
  ['conv-dropout', { units: '8', width: '4' }],
];

interface Run {
  readonly set: Record<string, string>;
  readonly resolution: number;
  readonly steps: number;
  readonly resume?: boolean;
}

async function train(recipe: string, out: string, { set, resolution, ...run }: Run): Promise<void> {
  const model = buildModel(recipes[recipe], { set, resolution });
  const trainer = new Trainer({ ...model, device: testDevice, precision: 'fp32', seed: 5 });
  // 96 images in batches of 8: the 12th step begins a new epoch, so a resumed run crosses it.
  const loader = tinyLoader({ resolution });
  try {
    await reportsOf(trainer.fit(loader, { ...run, out, sampleEvery: 5, checkpointEvery: 20, page: false }));
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

test.each(CASES)('%s %j goes on bit for bit', async (recipe, set, resolution = 16) => {
  const [whole, parts] = ['whole', 'parts'].map((name) => join(folder.path, name));
  await train(recipe, whole, { set, resolution, steps: 14 });
  await train(recipe, parts, { set, resolution, steps: 9 });
  await train(recipe, parts, { set, resolution, steps: 14, resume: true });
  const [expected, found] = [whole, parts].map((run) => filesOf(join(run, 'checkpoints', 'step-000014')));
  expect(Object.keys(expected)).toContain('state.safetensors');
  expect(found).toEqual(expected);
  const [wholeGrids, partsGrids] = [whole, parts].map((run) => filesOf(join(run, 'samples')));
  // Also the grids of real images: they are of the same images after a resumption.
  for (const [name, hash] of Object.entries(wholeGrids))
    expect([name, partsGrids[name]]).toEqual([name, hash]);
});
