import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRunFolder, newRunFolder } from '../../src/cli/run-folder';
import { resolveSettings } from '../../src/cli/settings';
import { failure, usage } from '../support/failure';
import { recipes } from './fakes';

let folder: string;
const start = process.cwd();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'folder-'));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(start);
  rmSync(folder, { recursive: true });
});

test('a folder that holds a run is refused', () => {
  writeFileSync('config.json', '{}');
  mkdirSync('checkpoints/step-000010', { recursive: true });
  expect(() => checkRunFolder(folder)).toThrow(
    expect.objectContaining({
      code: 'ERR_USAGE',
      message: expect.stringMatching(/holds a run already: go on with --resume .*, or choose another folder/),
    }),
  );
});

test('a path is quoted where a shell needs it, and only a training is told to go on', () => {
  mkdirSync('a run/checkpoints/step-000010', { recursive: true });
  writeFileSync('a run/config.json', '{}');
  expect(() => checkRunFolder('a run')).toThrow(
    usage("--out 'a run' holds a run already: go on with --resume 'a run', or"),
  );
  expect(() => checkRunFolder('a run', { resumes: false })).toThrow(
    usage("--out 'a run' holds a run already: choose another folder"),
  );
});

test('a folder whose first try left no checkpoint is fine', () => {
  writeFileSync('config.json', '{}');
  writeFileSync('metrics.jsonl', '');
  writeFileSync('events.out.tfevents.1.host.2.0000', '');
  mkdirSync('samples');
  mkdirSync('checkpoints/.step-000010.77.tmp', { recursive: true });
  checkRunFolder(folder);
});

test.each(['notes.txt', 'best', 'samples/mine.jpg', 'checkpoints/step-000010'])(
  'but not with %s, which a training without a checkpoint does not write',
  (path) => {
    writeFileSync('config.json', '{}');
    mkdirSync(path, { recursive: true });
    expect(() => checkRunFolder(folder)).toThrow(usage('holds a run already'));
  },
);

test('a path that leads through a file is refused', () => {
  writeFileSync('taken', '');
  for (const path of ['taken', 'taken/run', 'taken/a/b'])
    expect(() => checkRunFolder(path)).toThrow(
      expect.objectContaining({
        code: 'ERR_CANNOT_WRITE',
        message: expect.stringContaining('is a file, not a folder'),
      }),
    );
});

test('a path through a link to nowhere is refused', () => {
  symlinkSync('gone', 'link');
  for (const path of ['link', 'link/run'])
    expect(() => checkRunFolder(path)).toThrow(failure('ERR_CANNOT_WRITE', 'link: it is a link to nowhere'));
});

test('a folder that is there or can be made is fine, and is not made', () => {
  mkdirSync('there');
  checkRunFolder('there');
  checkRunFolder('not/there/yet');
  expect(readdirSync(folder)).toEqual(['there']);
});

describe('newRunFolder', () => {
  const now = new Date('2030-01-02T03:04:05.678Z');
  const named = (dataset: string) =>
    newRunFolder(resolveSettings(recipes, { flags: { dataset }, set: {}, env: {} }).settings, now);

  test.each([
    ['digits', 'runs/dcgan-digits-2030-01-02-030405'],
    ['folder:/home/me/my photos', 'runs/dcgan-my-photos-2030-01-02-030405'],
    ['folder:photos/', 'runs/dcgan-photos-2030-01-02-030405'],
  ])('of %s is %s', (dataset, expected) => {
    expect(named(dataset)).toBe(expected);
  });

  test('takes a number when the folder is there', () => {
    mkdirSync('runs/dcgan-digits-2030-01-02-030405', { recursive: true });
    expect(named('digits')).toBe('runs/dcgan-digits-2030-01-02-030405-2');
    mkdirSync('runs/dcgan-digits-2030-01-02-030405-2');
    expect(named('digits')).toBe('runs/dcgan-digits-2030-01-02-030405-3');
  });
});
