import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeClasses, labelOf } from '../../src/cli/class-names';
import { main as sample } from '../../src/cli/sample';
import { main as train } from '../../src/cli/train';
import { readSafetensors } from '../../src/io/safetensors';
import { environment, plain, put } from '../data/files';
import { FakeHost } from './fakes';

let folder: string;
let run: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'classes-'));
  run = join(folder, 'run');
  for (const [name, colour] of Object.entries({ bird: '#ff0000', cat: '#00ff00', dog: '#0000ff' }))
    for (const i of [0, 1])
      put(join(folder, 'set', name, `${i}.png`), await plain('png', { width: 16, height: 16, colour }));
});
environment(() => ({ XDG_CACHE_HOME: join(folder, 'cache') }));
afterAll(() => rmSync(folder, { recursive: true }));

async function call(main: typeof sample, ...argv: string[]) {
  const host = new FakeHost();
  const code = await main(argv, host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

const draw = (...argv: string[]) => call(sample, '--checkpoint', run, '--device', 'cpu', ...argv);

describe('labelOf', () => {
  const names = ['bird', 'cat', 'dog'];

  test.each([
    ['cats', 'a class from 0 to 2 or its name, of 0 bird, 1 cat, 2 dog, but got cats: did you mean cat?'],
    ['3', 'a class from 0 to 2 or its name, of 0 bird, 1 cat, 2 dog, but got 3'],
    ['-1', 'but got -1'],
    ['1.5', 'but got 1.5'],
  ])('refuses %s', (given, message) => {
    expect(() => labelOf(given, { classes: 3, names })).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining(message) }),
    );
  });

  test('takes a name, or else a number; without names numbers alone', () => {
    expect(['bird', 'dog', '1'].map((given) => labelOf(given, { classes: 3, names }))).toEqual([0, 2, 1]);
    expect(labelOf('2', { classes: 3, names: ['1', '2', '3'] })).toBe(1);
    expect(labelOf('2', { classes: 3, names: [] })).toBe(2);
    expect(() => labelOf('cat', { classes: 3, names: [] })).toThrow(/from 0 to 2, but got cat$/);
  });
});

test('many classes are told by the first of them', () => {
  const names = Array.from({ length: 22 }, (_, i) => `n${i}`);
  expect(describeClasses(names)).toMatch(/^0 n0, 1 n1, .*, 19 n19 and 2 more$/);
});

describe('of a run with named classes', () => {
  let started: string;
  beforeAll(async () => {
    const data = ['--dataset', `folder:${join(folder, 'set')}`, '--resolution', '16', '--batch', '4'];
    const model = ['--set', 'width=4', '--set', 'latentSize=4', '--precision', 'fp32', '--device', 'cpu'];
    const { code, stdout, stderr } = await call(
      train,
      ...['cgan', ...data, ...model, '--steps', '1', '--json', '--out', run],
    );
    if (code !== 0) throw new Error(stderr);
    started = stdout;
  });

  test('train --json and the report page tell them', () => {
    const start = JSON.parse(started.split('\n')[0]);
    expect(start).toMatchObject({ event: 'start', data: { classNames: ['bird', 'cat', 'dog'] } });
    expect(readFileSync(join(run, 'report.html'), 'utf8')).toContain('bird, cat, dog');
  });

  test('sample --label takes a name as well as its number', async () => {
    const raw = join(folder, 'raw.safetensors');
    const imagesOf = async (label: string) => {
      const { code, stderr } = await draw('--label', label, '--count', '2', '--raw', raw);
      expect([code, stderr]).toEqual([0, expect.stringMatching(/^class \d: (cat|dog)$/m)]);
      return Buffer.from((await readSafetensors(raw)).records.images.bytes).toString('hex');
    };
    const cat = await imagesOf('cat');
    expect(await imagesOf('1')).toBe(cat);
    expect(await imagesOf('dog')).not.toBe(cat);
    const { code, stderr } = await draw('--label', 'cats');
    expect([code, stderr]).toEqual([2, expect.stringContaining('did you mean cat?')]);
  });

  test('sample --json says which class the images are of, and which there are', async () => {
    const out = join(folder, 'grid.png');
    const { stdout } = await draw('--label', 'dog', '--count', '1', '--json', '--out', out);
    const classes = ['bird', 'cat', 'dog'];
    expect(JSON.parse(stdout)).toMatchObject({ event: 'end', label: 2, className: 'dog', classes });
  });

  test('sample --help lists them for a run, and for a checkpoint', async () => {
    const checkpoint = join(run, 'checkpoints', 'step-000001');
    const calls = [
      ['--checkpoint', run, '--help'],
      ['--help', '--checkpoint', checkpoint],
      ['--help', run],
    ];
    for (const argv of calls) {
      const { code, stdout } = await call(sample, ...argv);
      expect([code, stdout]).toEqual([0, expect.stringContaining(': 0 bird, 1 cat, 2 dog\n')]);
    }
    expect((await call(sample, '--help')).stdout).toContain('--help lists the classes');
    expect((await call(sample, '--help', join(folder, 'none'))).stdout).toContain('--help lists the classes');
  });
});
