import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { main as evaluate } from '../../src/cli/evaluate';
import type { Host } from '../../src/cli/host';
import { isRecipeFile, loadRecipeFile, recipesFor } from '../../src/cli/recipe-file';
import { newRunFolder } from '../../src/cli/run-folder';
import { main as sample } from '../../src/cli/sample';
import { resolveSettings } from '../../src/cli/settings';
import { main as train } from '../../src/cli/train';
import { mnist } from '../../src/data/mnist';
import { readEvaluations } from '../../src/report/evaluations';
import { usage } from '../support/failure';
import { keepClassifier } from '../support/kept-classifier';
import { FakeHost, recipes } from './fakes';
import { writeTinyMnist } from './tiny-data';

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

test('what has no description, or one that is damaged, adds no recipe', () => {
  expect(recipesFor(recipes, folder)).toBe(recipes);
  written('config.json', '{');
  expect(recipesFor(recipes, folder)).toBe(recipes);
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
  const data = ['--dataset', 'mnist', '--data-dir', folder, '--resolution', '16', '--batch', '8'];
  const set = ['--set', 'width=4', '--set', 'gamma=5', '--precision', 'fp32'];
  const begun = await call(train, file, ...data, ...set, '--steps', '2', '--out', run, '--quiet');
  expect(begun).toEqual({ code: 0, stderr: '' });

  expect((await call(train, file, '--resume', run, '--steps', '18', '--quiet')).code).toBe(0);
  const other = await call(train, example, '--resume', run, '--quiet');
  expect(other.stderr).toContain(`is a run of ${file}, not of ${example}: leave the recipe out`);
  expect(readFileSync(join(run, 'metrics.jsonl'), 'utf8')).toContain('"R1"');

  const grid = join(folder, 'grid.png');
  expect((await call(sample, '--checkpoint', run, '--count', '4', '--out', grid, '--quiet')).code).toBe(0);
  expect(existsSync(grid)).toBe(true);
  const judging = ['--metrics', 'fid', '--count', '20', '--quiet'];
  expect((await call(evaluate, '--checkpoint', run, ...judging)).code).toBe(0);
  expect(readEvaluations(join(run, 'evaluations.jsonl'))).toHaveLength(1);

  rmSync(file);
  const gone = `${file}: expected a file that exports a recipe, but there is none`;
  const later = [
    await call(train, '--resume', run, '--steps', '20'),
    await call(sample, '--checkpoint', run),
    await call(sample, '--checkpoint', join(run, 'checkpoints', 'step-000018')),
    await call(evaluate, '--checkpoint', run),
  ];
  for (const { code, stderr } of later) {
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(gone)]);
  }
});
