// A run means the same images wherever it is opened from.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { shownDataset, withAbsolutePaths } from '../../src/cli/absolute-paths';
import { main as evaluate } from '../../src/cli/evaluate';
import { foreignNote } from '../../src/cli/foreign-images';
import { resolveSettings } from '../../src/cli/settings';
import { main as train } from '../../src/cli/train';
import { imageFolder } from '../../src/data/image-folder';
import { recipes } from '../../src/recipes';
import { environment, plain, put, temporaryFolder } from '../data/files';
import { call } from './applying';

const folder = temporaryFolder();
environment(() => ({ XDG_CACHE_HOME: folder.path('cache') }));
const home = process.cwd();
afterEach(() => process.chdir(home));

const putImages = async (set: string, colours: readonly string[]) => {
  for (const [i, colour] of colours.entries())
    put(folder.path(set, `${i}.png`), await plain('png', { width: 8, height: 8, colour }));
};
const RED = ['#ff0000', '#ee0000', '#dd0000'];
const BLUE = ['#0000ff', '#0000ee', '#0000dd'];

const settle = (flags: Record<string, string>, recipe = 'dcgan') =>
  withAbsolutePaths(resolveSettings(recipes, { recipe, flags, set: {}, env: {} }));

test.each([
  ['digits', 'digits'],
  ['folder:kl', `folder:${resolve('kl')}`],
  ['folder:/x/kl', 'folder:/x/kl'],
])('--dataset %s is kept as %s', (given, kept) => {
  const { settings } = settle({ dataset: given });
  expect([settings.dataset, settings.dataDir]).toEqual([kept, undefined]);
  expect(shownDataset(kept)).toBe(given);
});

test('pairs and two domains, folders of data sets and of features are kept with absolute paths', () => {
  expect(settle({ dataset: 'pairs:maps', dataDir: 'sets' }, 'pix2pix').settings).toMatchObject({
    dataset: `pairs:${resolve('maps')}`,
    dataDir: resolve('sets'),
  });
  const domains = settle({ dataset: 'unpaired:folder:a+mnist' }, 'cyclegan').settings;
  expect(domains.dataset).toBe(`unpaired:folder:${resolve('a')}+mnist`);
  const features = (what: string) => settle({ evalEvery: '5', features: what }).evaluation?.features;
  expect(
    ['classifier', 'classifier:digits', 'classifier:folder:a', 'inception:i.pt', 'f.pt'].map(features),
  ).toEqual([
    'classifier',
    'classifier:digits',
    `classifier:folder:${resolve('a')}`,
    `inception:${resolve('i.pt')}`,
    resolve('f.pt'),
  ]);
});

test('a run is judged by its own images from another folder, which has others of that name', async () => {
  await putImages('one/kl', RED);
  await putImages('other/kl', BLUE);
  const run = folder.path('run');
  process.chdir(folder.path('one'));
  const small = ['--set', 'hidden=8', '--set', 'latentSize=2', '--resolution', '8', '--batch', '2'];
  const trained = await call(train, 'vae', ...small, '--dataset', 'folder:kl', '--steps', '1', '--out', run);
  expect(trained).toMatchObject({ code: 0, stderr: expect.stringMatching(/^data +folder:kl: 3 images/m) });
  const kept = `folder:${join(process.cwd(), 'kl')}`;
  expect(JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')).settings.dataset).toBe(kept);
  process.chdir(folder.path('other'));
  const judging = ['--checkpoint', run, '--metrics', 'elbo', '--split', 'train', '--json'];
  const judged = await call(evaluate, ...judging);
  expect(judged.code).toBe(0);
  expect(judged.stderr).not.toContain('warning');
  expect(JSON.parse(judged.stdout).protocol.real).toBe(kept);
  expect(await call(train, '--resume', run, '--steps', '2')).toMatchObject({ code: 0 });
  await putImages('one/kl', BLUE);
  const changed = await call(evaluate, ...judging);
  expect(
    changed.stderr.match(/warning: the images in .*kl changed since this model learned them/g),
  ).toHaveLength(1);
});

test('a path that leads to other images than a run has learned is told', async () => {
  await putImages('one/train', RED);
  await putImages('moved/train', RED);
  await putImages('other/train', BLUE);
  await putImages('other/test', BLUE);
  const open = (set: string, split: 'train' | 'test' = 'train', resolution = 8) =>
    imageFolder(folder.path(set), { split, resolution });
  for (const set of ['one', 'moved']) await putImages(`${set}/test`, RED);
  const learned = await open('one');
  const model = { data: await learned.identity(), specs: learned.specs, settings: {} };
  const note = (dataset: typeof learned, split: 'train' | 'test' = 'train') =>
    foreignNote(model, { dataset, split });
  expect(await note(learned)).toBeUndefined();
  expect(await note(await open('one', 'test'), 'test')).toBeUndefined();
  expect(await note(await open('moved'))).toBeUndefined();
  const said =
    /other.* are not those that this model has learned, which were in .*one.train: name theirs with/;
  expect(await note(await open('other'))).toMatch(said);
  expect(await note(await open('other', 'test'), 'test')).toMatch(said);
  // Hashes are of images of one size.
  expect(await note(await open('one', 'train', 4))).toBeUndefined();
  expect(await note(await open('other', 'train', 4))).toMatch(said);
  expect(await foreignNote({ ...model, data: {} }, { dataset: learned, split: 'train' })).toBeUndefined();
});
