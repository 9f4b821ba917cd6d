import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';
import * as losses from '../src/losses';
import { recipes } from '../src/recipes';

// A family lives in src/recipes and src/models. Elsewhere only comments may name one, to cite a paper: code that does knows too much,
// and would have to change with each family that comes. Losses and penalties that a family has its name from are at home in src/losses.

const root = join(__dirname, '..');
const HOMES = [/^src\/recipes\//, /^src\/models\//];

/** `wganGp`, `WGAN-GP` and `wgan_gp` are all ` wgan gp `. */
function words(text: string): string {
  const apart = text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replace(/[^a-zA-Z]+/g, ' ');
  return ` ${apart.trim().toLowerCase()} `;
}

/** Identifiers and texts of a file, without its comments. */
function codeOf(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isLiteralExpression(node) || ts.isTemplateLiteralToken(node))
      found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('file.ts', source, ts.ScriptTarget.Latest));
  return found;
}

function familiesIn(source: string, known: readonly string[]): string[] {
  const code = codeOf(source).map(words);
  return known.filter((name) => code.some((text) => text.includes(words(name))));
}

const families = Object.keys(recipes);

test('a name is found in each of its forms, but not in comments or in other words', () => {
  const found = (source: string) => familiesIn(source, families);
  expect(found("const kind = 'wgan-gp';")).toEqual(['wgan', 'wgan-gp']);
  expect(found('class WGANCritic {}')).toEqual(['wgan']);
  expect(found('const dcgan64 = 1;')).toEqual(['dcgan']);
  expect(found('export function betaVae() {}')).toEqual(['vae', 'beta-vae']);
  expect(found('const text = `try mlp`;')).toEqual(['mlp']);
  expect(found("// WGAN-GP\n/** {@link dcgan} */ const gan = 'modernize libtorch-gan';")).toEqual([]);
});

test('no family is named in code outside src/recipes and src/models', () => {
  const files = ['src', 'scripts'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map(
      (name) => `${room}/${name.replaceAll('\\', '/')}`,
    ),
  );
  const elsewhere = files.filter((file) => /\.[jt]s$/.test(file) && !HOMES.some((home) => home.test(file)));
  const named = elsewhere.flatMap((file) => {
    const known = file.startsWith('src/losses/')
      ? families.filter((name) => !Object.hasOwn(losses, name))
      : families;
    return familiesIn(readFileSync(join(root, file), 'utf8'), known).map((name) => `${file} names ${name}`);
  });
  expect(named).toEqual([]);
  expect(elsewhere.length).toBeGreaterThan(200);
});
