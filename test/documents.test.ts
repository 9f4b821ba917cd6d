// Code that README and docs/load.md show, run as it stands: each block in a function of its own, one after the other.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as sample } from '../src/cli/sample';
import { writePng } from '../src/io/png';
import { call, trainOne } from './cli/applying';
import { RUNS_TYPESCRIPT } from './support/typescript';

const root = join(__dirname, '..');
let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'documents-'));
  await trainOne(at('runs', 'f'), 'mlp');
  await trainOne(at('runs', 'domains'), 'cyclegan');
  mkdirSync(at('photos'));
  for (const name of ['a', 'b', 'c']) {
    const pixels = Uint8Array.from({ length: 32 * 32 }, (_, i) => i % 256);
    await writePng(at('photos', `${name}.png`), { width: 32, height: 32, channels: 1, pixels });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function blocksOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
}

/** A block as the body of a function: what it imports is required. */
function bodyOf(block: string): string {
  return block.replace(/^import \{(.*)\} from '(.*)';$/gm, (_, names: string, from: string) => {
    const values = names.split(',').filter((name) => !name.trim().startsWith('type '));
    const path = from === 'libtorch-gan' ? join(root, 'src') : from;
    return `const {${values.join(',')}} = require(${JSON.stringify(path)});`;
  });
}

/** Runs blocks in a process of their own, in the folder; what they print. @param before what all of them find */
function runBlocks(blocks: readonly string[], before = ''): string {
  const functions = blocks.map((block) => `await (async () => {\n${bodyOf(block)}\n})();`);
  const script = at('script.ts');
  const source = `(async () => {\n${bodyOf(before)}\n${functions.join('\n')}\n})().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});`;
  writeFileSync(script, source);
  const env = { ...process.env, OMP_NUM_THREADS: '1', XDG_CACHE_HOME: at('cache') };
  const { status, stdout, stderr } = spawnSync(process.execPath, [...RUNS_TYPESCRIPT, script], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

test('docs/load.md: its blocks run, one after the other, and its first makes what sample makes', async () => {
  const blocks = blocksOf('docs/load.md');
  expect(blocks).toHaveLength(6);
  const printed = runBlocks(blocks).trimEnd().split('\n');
  expect(printed).toEqual([
    expect.stringContaining('live'),
    '2',
    '[ 4, 1, 16, 16 ]',
    'true',
    '[ 4, 1, 16, 16 ]',
  ]);
  for (const name of ['made.png', 'model.onnx', 'model.pt', 'weights/config.json', 'runs/own/config.json'])
    expect(existsSync(at(name))).toBe(true);
  const argv = ['--checkpoint', at('runs', 'f'), '--count', '16', '--seed', '7', '--out', at('sample.png')];
  expect(await call(sample, ...argv)).toMatchObject({ code: 0 });
  expect(readFileSync(at('sample.png')).equals(readFileSync(at('grid.png')))).toBe(true);
});

test('README: own networks, a run in three lines, tensors alone, and other weights', () => {
  const [own, three, tensors, weights] = blocksOf('README.md').map((block) =>
    block.replace(/steps: (2_000|1000)/, 'steps: 2'),
  );
  rmSync(at('runs', 'own'), { recursive: true, force: true });
  const before = `import { data, field, recipes } from 'libtorch-gan';
const digits = await data.digits({ resolution: 16, count: 200 });
const loader = digits.loader({ batch: 4, seed: 1 });
const { mlp } = recipes;
const model = mlp.build(field.parseConfig(mlp.fields, { file: { latentSize: 3 } }), loader.specs);`;
  const printed = runBlocks([own, three, tensors, weights], before).trimEnd().split('\n');
  expect(printed[0]).toMatch(/^2 \d\.\d+ \d\.\d+ .*step-000002\.png$/);
  expect(Number(printed[1])).toBeGreaterThan(0);
  expect(printed[2]).toMatch(/^\{ .*\d.* \}$/);
  expect(existsSync(at('runs', 'g', 'config.json'))).toBe(true);
});
