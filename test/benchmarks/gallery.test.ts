import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fillBlocks } from '../../benchmarks/gallery/page';
import { trainArguments } from '../../benchmarks/gallery/runs';
import { recipes } from '../../src/recipes';

const docs = join(__dirname, '..', '..', 'docs');
const page = readFileSync(join(docs, 'gallery.md'), 'utf8');

test('a block without its place in the page is refused', () => {
  expect(() => fillBlocks('<!-- a -->\n<!-- /a -->\n', { b: 'text' })).toThrow(
    'expected a place <!-- b --> … <!-- /b --> in the page, but found none',
  );
});

test('blocks replace what was in their places, and nothing else', () => {
  const before = 'words\n<!-- a -->\nold\n<!-- /a -->\nmore\n<!-- b -->\n<!-- /b -->\n';
  const after = 'words\n<!-- a -->\nnew\n<!-- /a -->\nmore\n<!-- b -->\n<!-- /b -->\n';
  expect(fillBlocks(before, { a: 'new' })).toBe(after);
  expect(fillBlocks(after, { a: 'new' })).toBe(after);
});

test('the gallery has a part with words and a place for each recipe', () => {
  for (const name of Object.keys(recipes))
    expect(page).toMatch(
      new RegExp(`\\n### ${name}\\n\\n\\w[^#]*\\n<!-- ${name} -->\\n[^]*<!-- /${name} -->\\n`),
    );
});

test('no picture of the gallery is missing or larger than 300 kB', () => {
  const shown = [...page.matchAll(/<img src="([^"]+)"/g)].map(([, file]) => join(docs, file));
  expect(shown.filter((file) => !existsSync(file))).toEqual([]);
  const folder = join(docs, 'images');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  expect(files.filter((file) => statSync(file).size > 300_000)).toEqual([]);
});

test.each(Object.values(recipes))('$name is judged six to eight times on its way', (recipe) => {
  const args = trainArguments(recipe);
  const every = Number(args[args.indexOf('--eval-every') + 1]);
  const times = Math.ceil(recipe.training.steps / every);
  expect(times).toBeGreaterThanOrEqual(6);
  expect(times).toBeLessThanOrEqual(8);
});
