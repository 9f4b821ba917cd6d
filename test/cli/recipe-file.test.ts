import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { main as apply } from '../../src/cli/apply';
import { main as evaluate } from '../../src/cli/evaluate';
import type { Host } from '../../src/cli/host';
import { resumeSettings } from '../../src/cli/resume';
import { newRunFolder } from '../../src/cli/run-folder';
import { main as sample } from '../../src/cli/sample';
import { resolveSettings } from '../../src/cli/settings';
import { main as train } from '../../src/cli/train';
import { mnist } from '../../src/data/mnist';
import { isRecipeFile, isTorchScript, recipeFlag } from '../../src/io/program-name';
import { load } from '../../src/recipes';
import { loadRecipeFile } from '../../src/recipes/recipe-file';
import { readEvaluations } from '../../src/report/evaluations';
import { usage } from '../support/failure';
import { keepClassifier } from '../support/kept-classifier';
import { FakeHost, recipes } from './fakes';
import { tinyMnist, writeTinyMnist } from './tiny-data';

const example = join(__dirname, '..', '..', 'examples', 'lazy-r1.ts');
const { XDG_CACHE_HOME: cache } = process.env;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'recipe-file-'));
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
});
afterAll(() => {
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
  rmSync(folder, { recursive: true });
});

function written(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const FAMILY = `{ name: 'mine', summary: '', fields: {}, training: {}, build() {},
  resolutions: { accepts: () => true } }`;

describe('loadRecipeFile refuses', () => {
  test('a file that is not there', () => {
    expect(() => loadRecipeFile('./none.ts')).toThrow(
      usage(
        './none.ts: expected a file that exports a recipe, but there is none: paths are relative to the folder you are in',
      ),
    );
  });

  test('a file that throws, with its words', () => {
    const file = written('throws.js', "throw new Error('no luck');");
    expect(() => loadRecipeFile(file)).toThrow(usage('it cannot be loaded: no luck'));
  });

  test.each([
    ['none', "exports.name = 'mine'; exports.nothing = null;"],
    ['none', 'module.exports = 3;'],
    ['mine, mine', `exports.one = ${FAMILY}; exports.two = ${FAMILY};`],
  ])('exports of %s', (told, text) => {
    const file = written(`exports-${text.length}.js`, text);
    expect(() => loadRecipeFile(file)).toThrow(usage(`but it exports ${told}`));
  });
});

test('a recipe may be exported under two names', () => {
  const file = written('twice.js', `exports.mine = ${FAMILY}; exports.default = exports.mine;`);
  expect(loadRecipeFile(file).name).toBe('mine');
});

test('files are told from names, and runs are called after them', () => {
  expect(['./mine', 'a/b', 'mine.ts', 'mine.mjs', 'mine.cjs'].filter(isRecipeFile)).toHaveLength(5);
  expect(['dcgan', 'wgan-gp', 'mine.txt'].filter(isRecipeFile)).toEqual([]);
  const { settings } = resolveSettings(recipes, { recipe: example, flags: {}, set: {}, env: {} });
  expect(settings.recipe).toBe(example);
  expect(newRunFolder(settings, new Date(0))).toBe(join('runs', 'lazy-r1-digits-1970-01-01-000000'));
});

test('TorchScript files are told from networks by name, and commands name a recipe that is a file', () => {
  expect(['a.pt', './b.ts', 'x:c.torchscript'].filter(isTorchScript)).toHaveLength(3);
  expect(['classifier', 'classifier:a.pt', 'inception:b.pt', 'c.safetensors'].filter(isTorchScript)).toEqual(
    [],
  );
  expect(['./mine.ts', 'dcgan', undefined].map(recipeFlag)).toEqual([['--recipe', './mine.ts'], [], []]);
});

describe('a file that is read may name a program', () => {
  const given = { flags: {}, set: {}, env: {} };
  const evil = () => written('evil.js', "globalThis.evil = 'ran'; throw new Error('ran');");
  afterEach(() => expect(globalThis).not.toHaveProperty('evil'));

  test('as the recipe of --config: it is refused, with its path and the flag', () => {
    const file = evil();
    const config = { path: 'c.json', values: { recipe: file } };
    expect(() => resolveSettings(recipes, { ...given, file: config })).toThrow(
      usage(
        `c.json names the recipe file ${file}, a program, which is not run unasked: where you trust it, add --recipe ${file}`,
      ),
    );
  });

  test('as the recipe of the run to resume, whatever else is named', () => {
    const file = evil();
    written('config.json', JSON.stringify({ settings: { recipe: file, set: {} } }));
    expect(() => resumeSettings(recipes, folder, given)).toThrow(usage(`add --recipe ${file}`));
    expect(() => resumeSettings(recipes, folder, { ...given, recipe: 'dcgan' })).toThrow(
      usage(`is a run of ${file}, not of dcgan`),
    );
  });

  test('as the recipe of a run that was moved: a file of its name, named by the user, goes on with it', () => {
    const file = written(
      'moved.js',
      `exports.mine = ${FAMILY.replace('{}, build', '{ resolution: 32, batch: 4, steps: 9 }, build')};`,
    );
    written('config.json', JSON.stringify({ settings: { recipe: '/elsewhere/moved.js', set: {} } }));
    const { settings, recipe } = resumeSettings(recipes, folder, { ...given, recipe: file });
    expect([recipe.name, settings.recipe]).toEqual(['mine', '/elsewhere/moved.js']);
  });

  test('as features: they are taken from the command line alone, and not needed where nothing is judged', () => {
    const settings = { recipe: 'dcgan', set: {} };
    const evaluation = { every: 5, metrics: ['fid'], count: 10, bestBy: 'fid', features: 'net.pt' };
    written('config.json', JSON.stringify({ settings, evaluation }));
    const resumed = (flags: Record<string, string>) => resumeSettings(recipes, folder, { ...given, flags });
    expect(() => resumed({})).toThrow(
      usage(
        'names the features net.pt, a TorchScript program, which is not run unasked: where you trust it, add --features net.pt',
      ),
    );
    expect(resumed({ features: 'net.pt' }).evaluation?.features).toBe('net.pt');
    expect(resumed({ features: 'classifier' }).evaluation?.features).toBe('classifier');
    expect(resumed({ evalEvery: '0' }).evaluation).toBeUndefined();
    const config = { path: 'c.json', values: { evalEvery: 5, features: 'net.pt' } };
    expect(() => resolveSettings(recipes, { ...given, file: config })).toThrow(
      usage('add --features net.pt'),
    );
  });
});

test('a family of a file trains, resumes, draws and is judged, until the file is gone', async () => {
  const run = join(folder, 'run');
  const file = join(folder, 'mine.ts');
  const src = relative(folder, join(__dirname, '..', '..', 'src'));
  writeFileSync(file, readFileSync(example, 'utf8').replace("'../src'", `'${src}'`));
  writeTinyMnist(folder);
  await keepClassifier(await mnist({ dataDir: folder, resolution: 16 }), { dataDir: folder });
  const call = async (main: (argv: string[], host: Host) => Promise<number>, ...argv: string[]) => {
    const host = new FakeHost();
    return { code: await main(['--device', 'cpu', ...argv], host), stderr: host.stderr.text };
  };
  const data = tinyMnist(folder);
  const set = ['--set', 'width=4', '--set', 'gamma=5', '--precision', 'fp32'];
  const begun = await call(train, file, ...data, ...set, '--steps', '2', '--out', run, '--quiet');
  expect(begun).toEqual({ code: 0, stderr: '' });

  const checkpoint = join(run, 'checkpoints', 'step-000002');
  const unasked = [
    await call(train, '--resume', run, '--steps', '18'),
    await call(sample, '--checkpoint', run),
    await call(sample, '--checkpoint', checkpoint),
    await call(evaluate, '--checkpoint', run),
    await call(apply, '--checkpoint', run, '--in', example, '--out', join(folder, 'made')),
  ];
  for (const { code, stderr } of unasked) {
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`add --recipe ${file}`)]);
  }
  await expect(load(run)).rejects.toEqual(usage(`add --recipe ${file}`));

  expect((await call(train, file, '--resume', run, '--steps', '18', '--quiet')).code).toBe(0);
  const other = await call(train, example, '--resume', run, '--quiet');
  expect(other.stderr).toContain(`is a run of ${file}, not of ${example}: leave the recipe out`);
  expect(readFileSync(join(run, 'metrics.jsonl'), 'utf8')).toContain('"R1"');

  const grid = join(folder, 'grid.png');
  const drawing = ['--checkpoint', run, '--recipe', file, '--count', '4', '--out', grid, '--quiet'];
  expect((await call(sample, ...drawing)).code).toBe(0);
  expect(existsSync(grid)).toBe(true);
  const judging = ['--metrics', 'fid', '--count', '20', '--quiet'];
  expect((await call(evaluate, '--checkpoint', run, '--recipe', file, ...judging)).code).toBe(0);
  expect(readEvaluations(join(run, 'evaluations.jsonl'))).toHaveLength(1);

  (await load(run, { recipe: file, device: 'cpu' })).dispose();
  expect(readFileSync(join(run, 'report.html'), 'utf8')).toContain(`--recipe ${file}`);

  rmSync(file);
  const gone = `${file}: expected a file that exports a recipe, but there is none`;
  const asked = ['--recipe', file];
  const later = [
    await call(train, '--resume', run, '--steps', '20', ...asked),
    await call(sample, '--checkpoint', run, ...asked),
    await call(sample, '--checkpoint', join(run, 'checkpoints', 'step-000018'), ...asked),
    await call(evaluate, '--checkpoint', run, ...asked),
  ];
  for (const { code, stderr } of later) {
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(gone)]);
  }
});
