import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './support/training';
import { RUNS_TYPESCRIPT } from './support/typescript';

const root = join(__dirname, '..');
const folder = temporaryFolder();

const AS_TOLD = ['-r', 'ts-node/register'];

/** Runs the example as its first lines say, or otherwise. */
function walk(args: readonly string[], typescript: readonly string[] = AS_TOLD) {
  const command = [...typescript, 'examples/walk-through.ts', ...args];
  return spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
}

const LINES = [
  /^4000 pictures to learn from, 1000 others$/,
  /^step 200: critic \d+\.\d{3}, painter \d+\.\d{3}, brightness \d+\.\d{3}$/,
  /^step 400: /,
  /^step 600: /,
  /^noise: FID \d+\.\d\d, precision 0\.00, recall 0\.00$/,
  /^the model: FID \d+\.\d\d, precision \d\.\d\d, recall \d\.\d\d$/,
  /^other pictures: FID \d\.\d\d, precision \d\.\d\d, recall \d\.\d\d$/,
  /^painter\.onnx: latents \[N, 16\]$/,
  /^painter\.onnx: images \[N, 1, 16, 16\]$/,
  /^painter\.pt: images at most \S+ from the model’s$/,
  /^painter\.safetensors: images at most \S+ from the model’s$/,
];

function fidOf(line: string): number {
  return Number(/FID (\S+),/.exec(line)?.[1]);
}

test('the walk through says first that its folder is not there, and ends with 1', () => {
  const { status, stderr } = walk(
    [join(folder.path, 'none'), join(folder.path, 'no-pictures')],
    RUNS_TYPESCRIPT,
  );
  expect(status).toBe(1);
  expect(stderr).toMatch(/^GanError: .*no-pictures does not exist; a folder of images is expected there\n/);
});

test('the walk through runs from top to bottom, and prints what its page shows', () => {
  const out = join(folder.path, 'walk');
  const { status, stdout, stderr } = walk([out]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toEqual(LINES.map((line) => expect.stringMatching(line)));
  const [noise, model, others] = lines.slice(4, 7).map(fidOf);
  expect(model).toBeLessThan(noise / 5);
  expect(others).toBeLessThan(model);
  for (const name of ['grid.png', 'report.html', 'painter.onnx', 'painter.pt', 'weights/config.json'])
    expect(existsSync(join(out, name))).toBe(true);
}, 240_000);

describe('the page of the walk through', () => {
  const blocks = [
    ...readFileSync(join(root, 'docs/walk-through.md'), 'utf8').matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm),
  ];
  const textOf = (language: string) => blocks.filter(([, of]) => of === language).map(([, , text]) => text);

  test('shows the whole of it', () => {
    const code = readFileSync(join(root, 'examples/walk-through.ts'), 'utf8');
    expect(textOf('ts').join('\n')).toBe(code);
  });

  test('shows lines that it prints', () => {
    const shown = textOf('').join('').trimEnd().split('\n');
    expect(shown).toEqual(LINES.map((line) => expect.stringMatching(line)));
  });
});
