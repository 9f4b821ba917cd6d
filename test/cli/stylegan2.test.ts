// What the command line tells of a model whose settings follow from rules.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main as sample } from '../../src/cli/sample';
import { type Given, resolveSettings } from '../../src/cli/settings';
import { main as train } from '../../src/cli/train';
import { recipes } from '../../src/recipes';
import { isCpu, resolveDevice } from '../../src/tensor/device';
import { temporaryFolder } from '../support/training';
import { FakeHost } from './fakes';
import { writeTinyMnist } from './tiny-data';

const folder = temporaryFolder();
const TINY = 'latentSize=8 width=1 maxWidth=4 mapping=2';
const unsized = TINY.split(' ').flatMap((each) => ['--set', each]);
const set = [...unsized, '--set', 'size=small'];

async function call(main: typeof train, argv: string[]) {
  const host = new FakeHost();
  const code = await main(argv, host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

const data = () => [
  '--dataset',
  'mnist',
  '--data-dir',
  folder.path,
  '--device',
  'cpu',
  '--precision',
  'fp32',
];

test('a resolution without networks is refused, and those there are are listed', async () => {
  const { code, stderr } = await call(train, [
    'stylegan2',
    '--resolution',
    '96',
    '--out',
    join(folder.path, 'run'),
  ]);
  expect(code).toBe(2);
  expect(stderr).toBe(
    'error: --resolution 96: stylegan2 makes images of 32, 64, 128, 256 or 512, square: try --resolution 64\n',
  );
});

test('the batch follows from the resolution, unless one is said', () => {
  const batch = (flags: Record<string, string>, values?: Record<string, unknown>) => {
    const file = values && { path: 'config.json', values };
    return resolveSettings(recipes, { recipe: 'stylegan2', flags, set: {}, env: {}, file }).settings.batch;
  };
  expect(batch({})).toBe(32);
  expect(batch({ resolution: '256' })).toBe(16);
  expect(batch({ resolution: '512' })).toBe(8);
  expect(batch({ resolution: '256', batch: '32' })).toBe(32);
  expect(batch({ resolution: '256' }, { batch: 5 })).toBe(5);
});

test('a training tells its rules, keeps the size of its networks, and gives the same image of the same seed', async () => {
  writeTinyMnist(folder.path);
  const run = join(folder.path, 'run');
  const steps = ['--batch', '4', '--accumulate', '2', '--steps', '2', '--log-every', '1', '--out', run];
  const { code, stderr } = await call(train, ['stylegan2', ...data(), ...set, ...steps]);
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^rules {6}gamma 20\.48 = 0\.16 · 32² \/ 8; batch 8 \(32 = min\(4096 \/ 32, 32\)\); lr 0\.0025 = .*; emaImages 2500 = 8 · 10 \/ 32 thousand$/m,
  );
  expect(stderr).toMatch(/R1 .* PL /);
  const draw = async (name: string) => {
    const file = join(folder.path, name);
    const { code: drawn } = await call(sample, [
      '--checkpoint',
      run,
      '--count',
      '4',
      '--seed',
      '3',
      '--out',
      file,
      '--device',
      'cpu',
      '--quiet',
    ]);
    expect(drawn).toBe(0);
    return readFileSync(file).toString('base64');
  };
  expect(await draw('a.png')).toBe(await draw('b.png'));
});

describe('the size of the networks', () => {
  const sizeOn = (device: string, given: Partial<Given> = {}) =>
    resolveSettings(recipes, { recipe: 'stylegan2', flags: { device }, set: {}, env: {}, ...given }).settings
      .set.size;
  const file = (set: Record<string, unknown>) => ({ file: { path: 'config.json', values: { set } } });

  test('follows from the device that is asked for, whatever the machine has', () => {
    expect(['cpu', 'cuda', 'cuda:3'].map((device) => sizeOn(device))).toEqual(['small', 'paper', 'paper']);
    expect(sizeOn('auto')).toBe(isCpu(resolveDevice('auto')) ? 'small' : 'paper');
    expect(sizeOn('', { flags: {}, env: { LIBTORCH_GAN_DEVICE: 'cuda' } })).toBe('paper');
  });

  test('is what a flag or a file says: a run on one device goes on with its size on another', () => {
    expect(sizeOn('cuda', { set: { size: 'small' } })).toBe('small');
    expect(sizeOn('cpu', file({ size: 'paper' }))).toBe('paper');
    expect(sizeOn('cuda', file({ width: 4 }))).toBe('paper');
  });

  test('is kept in the configuration of a run that did not say it', async () => {
    writeTinyMnist(folder.path);
    const run = join(folder.path, 'unsaid');
    const steps = ['--batch', '4', '--steps', '1', '--out', run];
    const { code } = await call(train, ['stylegan2', ...data(), ...unsized, ...steps]);
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')).settings.set.size).toBe('small');
  });

  test('is told by --help in words', async () => {
    const { stdout } = await call(train, ['--help']);
    expect(stdout).toMatch(
      /--set size=… {2}of the networks: .*: small or paper \(paper with a GPU, else small\)/,
    );
  });
});
