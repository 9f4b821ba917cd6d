// sample and evaluate with the statistics of batch norms taken anew.
import { join } from 'node:path';
import { main as evaluate } from '../../src/cli/evaluate';
import { main as sample } from '../../src/cli/sample';
import { main as train } from '../../src/cli/train';
import { readSafetensors } from '../../src/io/safetensors';
import { load } from '../../src/recipes';
import { generatedImages } from '../../src/training/generated-images';
import { requireLatents } from '../../src/training/load';
import { temporaryFolder } from '../support/training';
import { FakeHost } from './fakes';
import { writeTinyMnist } from './tiny-data';

const folder = temporaryFolder();

async function call(main: typeof train, text: string) {
  const host = new FakeHost();
  const code = await main(text.split(' '), host);
  return { code, stderr: host.stderr.text };
}

async function trained(recipe: string, set: string, resolution = 16): Promise<string> {
  writeTinyMnist(folder.path);
  const out = join(folder.path, recipe);
  const data = `--dataset mnist --data-dir ${folder.path} --resolution ${resolution} --batch 8 --device cpu --precision fp32`;
  const { code, stderr } = await call(train, `${recipe} ${data} ${set} --steps 2 --quiet --out ${out}`);
  expect([code, stderr]).toEqual([0, '']);
  return out;
}

test('sample draws by them, the same for the same number, and not without', async () => {
  const run = await trained('dcgan', '--set width=4 --set latentSize=8');
  const images = async (more: string) => {
    const file = join(folder.path, 'raw.safetensors');
    const text = `--checkpoint ${run} --device cpu --count 4 --raw ${file} --quiet${more}`;
    expect(await call(sample, text)).toEqual({ code: 0, stderr: '' });
    const { records } = await readSafetensors(file);
    return Buffer.from(records.images.bytes).toString('hex');
  };
  const [usual, ten, again, eleven, truncated] = [
    await images(''),
    await images(' --standing-statistics 10'),
    await images(' --standing-statistics 10'),
    await images(' --standing-statistics 11'),
    await images(' --standing-statistics 10 --truncation 0.5'),
  ];
  expect(again).toBe(ten);
  expect(new Set([usual, ten, eleven, truncated]).size).toBe(4);
});

test('what is judged says so in its protocol', async () => {
  const run = await trained('dcgan', '--set width=4 --set latentSize=8');
  for (const [standingStatistics, expected] of [
    [undefined, 'running statistics'],
    [{ batches: 3 }, 'standing statistics of 3 × 64 latents'],
  ] as const) {
    const model = await load(run, { device: 'cpu', standingStatistics });
    const sampler = requireLatents(model);
    const source = generatedImages({ ...model, sampler, spec: model.specs.images, count: 4, seed: 0 });
    expect(source.protocol).toMatchObject({ batchNorm: expected });
    source.dispose();
    model.dispose();
  }
});

test('averaged weights get them without being asked where the recipe says so, and for the truncation that is drawn', async () => {
  const set = '--set latentSize=8 --set width=1 --set discriminatorWidth=1 --set emaImages=50';
  const run = await trained('biggan', set, 32);
  const told = async (options: Parameters<typeof load>[1]) => {
    const model = await load(run, { device: 'cpu', ...options });
    model.dispose();
    return model.batchNorm;
  };
  expect([
    await told({}),
    await told({ weights: 'live' }),
    await told({ standingStatistics: { batches: 0 } }),
    await told({ standingStatistics: { batches: 2 } }),
  ]).toEqual([
    'standing statistics of 16 × 64 latents',
    undefined,
    undefined,
    'standing statistics of 2 × 64 latents',
  ]);
  const images = async (more: string) => {
    const file = join(folder.path, 'raw.safetensors');
    const text = `--checkpoint ${run} --device cpu --count 4 --raw ${file} --quiet --truncation 0.5${more}`;
    expect(await call(sample, text)).toEqual({ code: 0, stderr: '' });
    const { records } = await readSafetensors(file);
    return Buffer.from(records.images.bytes).toString('hex');
  };
  const usual = await images('');
  expect(await images(' --standing-statistics 16')).toBe(usual);
  expect(await images(' --standing-statistics 0')).not.toBe(usual);
});

test('a model without batch norm is said to have none', async () => {
  const run = await trained('modern', '--set latentSize=8 --set width=4 --set maxWidth=8 --set groupSize=4');
  const text = `--checkpoint ${run} --device cpu --count 2 --standing-statistics 2 --out ${join(folder.path, 'a.png')}`;
  const { code, stderr } = await call(sample, text);
  expect([code, stderr]).toEqual([0, expect.stringContaining('this model has no batch norm')]);
});

test.each<[typeof train, string, RegExp]>([
  [sample, '--checkpoint x --standing-statistics -1', /--standing-statistics expects a whole number from 0/],
  [evaluate, '--checkpoint x --standing-statistics 1.5', /--standing-statistics expects a whole number/],
  [evaluate, '--images test --dataset mnist --standing-statistics 5', /are of a generator, but --images has/],
])('refuses what makes no sense', async (main, text, message) => {
  expect(await call(main, text)).toEqual({ code: 2, stderr: expect.stringMatching(message) });
});
