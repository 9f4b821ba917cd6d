import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { circles } from './support/circles';

/** The rooms and the files of src/, top to bottom: each may import from itself and from those below. */
const ORDER = [
  'index.ts',
  'cli',
  'serve',
  'recipes',
  'export',
  'training',
  'style',
  'metrics',
  'report',
  'models',
  'losses',
  'data',
  'io',
  'optim',
  'nn',
  'parallel',
  'tensor',
  'setup',
  'version.ts',
  'native',
  'nearest.ts',
  'check.ts',
  'errors.ts',
];

const root = join(__dirname, '..');
const src = join(root, 'src');

interface Import {
  /** The importing file, relative to src/. */
  readonly file: string;
  /** The imported one, relative to src/. */
  readonly target: string;
}

function filesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /\.(ts|js|cc|h|py)$/.test(name)).sort();
}

function read(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

const IMPORT = /^(?:import|export)\s[^'";]*?\bfrom\s+'(\.[^']*)'|\b(?:require|import)\('(\.[^']*)'\)/gm;

function importsOf(folder: string): Import[] {
  return filesIn(folder).flatMap((file) =>
    [...read(folder, file).matchAll(IMPORT)].map(([, from, call]) => {
      const path = resolve(dirname(join(folder, file)), from ?? call);
      return { file, target: sourceFile(path) };
    }),
  );
}

/** The file that an import path means, relative to src/. */
function sourceFile(path: string): string {
  const name = relative(src, path);
  const candidates = [`${name}.ts`, join(name, 'index.ts')];
  return candidates.find((candidate) => SOURCES.has(candidate)) ?? `${name} (no such file)`;
}

/** The room of a file, and for a file of src/ itself its own name. */
function room(file: string): string {
  return file.split(sep)[0];
}

const SOURCES = new Set(filesIn(src));
const imports = importsOf(src);
const describeImport = ({ file, target }: Import) => `${file} imports ${target}`;

test('every room has its place in the order', () => {
  const rooms = new Set([...SOURCES].map(room));
  expect([...rooms].filter((name) => !ORDER.includes(name))).toEqual([]);
});

test('every import is of a file that exists', () => {
  expect(imports.filter(({ target }) => target.endsWith('(no such file)')).map(describeImport)).toEqual([]);
  expect(imports.length).toBeGreaterThan(100);
});

test('imports point downwards only', () => {
  const level = (file: string) => ORDER.indexOf(room(file));
  expect(imports.filter(({ file, target }) => level(target) < level(file)).map(describeImport)).toEqual([]);
});

test('no file of src/ imports itself by way of others, types included', () => {
  const targets = (file: string) => imports.filter((each) => each.file === file).map(({ target }) => target);
  expect(circles([...SOURCES], targets).map((files) => files.join(' → '))).toEqual([]);
});

test.each<[string, Readonly<Record<string, string>>, string[]]>([
  ['none in a tree', { a: 'bc', b: 'd', c: 'd' }, []],
  ['one of a node alone', { a: 'b', b: 'b' }, ['bb']],
  ['one beside what leads to it and from it', { a: 'b', b: 'cd', c: 'b' }, ['bcb']],
  ['the shortest way round a knot', { a: 'b', b: 'cd', c: 'd', d: 'a' }, ['abda']],
  ['one of each knot', { a: 'b', b: 'ac', c: 'd', d: 'c' }, ['aba', 'cdc']],
])('circles of a graph: %s', (_, graph, expected) => {
  const found = circles([...'abcd'], (node) => [...(graph[node] ?? '')]);
  expect(found.map((way) => way.join(''))).toEqual(expected);
});

test('what finds, fetches and compiles LibTorch is used by the command line only', () => {
  const users = imports.filter(
    ({ file, target }) => room(target) === 'setup' && !['setup', 'cli'].includes(room(file)),
  );
  expect(users.map(describeImport)).toEqual([]);
});

test('names are imported from where they live: the index of a room serves src/index.ts only', () => {
  const detours = imports.filter(
    ({ file, target }) =>
      basename(target) === 'index.ts' && file !== 'index.ts' && !target.startsWith('recipes'),
  );
  expect(detours.map(describeImport)).toEqual([]);
});

test('no file but an index only passes on what others hold', () => {
  const barrels = [...SOURCES].filter((file) => {
    const text = read(src, file).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    const statements = text.split(/;\s*\n/).map((statement) => statement.trim());
    return statements.every((statement) => statement === '' || /^export\b[^=]*\bfrom\s+'/.test(statement));
  });
  expect(barrels.filter((file) => basename(file) !== 'index.ts')).toEqual([]);
});

test('scripts are thin: they use the command line, setup, native and the errors only', () => {
  const ofSource = importsOf(join(root, 'scripts')).filter(({ target }) => !target.startsWith('..'));
  const others = ofSource.filter(
    ({ target }) => !['cli', 'setup', 'native', 'errors.ts'].includes(room(target)),
  );
  expect(others.map(describeImport)).toEqual([]);
});

test.each(['src', 'scripts', 'benchmarks', 'test', 'native'])(
  'no file of %s is longer than 400 lines',
  (name) => {
    const folder = join(root, name);
    const lengths = filesIn(folder).map((file) => [file, read(folder, file).split('\n').length - 1] as const);
    expect(lengths.filter(([file, lines]) => lines > 400 && !file.endsWith('.generated.ts'))).toEqual([]);
  },
);
