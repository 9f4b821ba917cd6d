// Two processes that want the same folder, cache or lock at the same time, in several orders. Who wins may differ; what is left may not.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEvaluations } from '../../src/report/evaluations';
import { RUNS_TYPESCRIPT } from '../support/typescript';
import { type Ended, expectNoStack, expectOneLine, startCommand } from './command';
import { countFaults } from './count';
import { SmallTraining } from './small-training';

const small = new SmallTraining();
afterAll(() => small.remove());

let whole: Record<string, string>;
beforeAll(async () => {
  await small.prepare();
  expect(await command('whole', ['train', ...small.argv('whole')]).ended).toMatchObject({ code: 0 });
  whole = small.resultOf('whole');
});

function command(name: string, argv: readonly string[]) {
  return startCommand(argv, { env: { XDG_CACHE_HOME: small.cacheOf(name) } });
}

/** A moment in the life of the first process, after which the second begins. */
const MOMENTS: Record<string, (name: string) => string | null> = {
  'at once': () => null,
  'when the folder of the run is there': (name) => small.runOf(name),
  'when it has its configuration': (name) => join(small.runOf(name), 'config.json'),
  'when it has a checkpoint': (name) => join(small.runOf(name), 'checkpoints', 'step-000002'),
};

/** Resolves when a path is there, or the process that would make it has ended. */
async function appeared(path: string | null, ended: Promise<Ended>): Promise<void> {
  let over = false;
  ended.then(() => {
    over = true;
  });
  while (path !== null && !over && !existsSync(path)) await new Promise((resolve) => setImmediate(resolve));
}

function expectCalm(name: string): void {
  const names = readdirSync(small.runOf(name), { recursive: true, encoding: 'utf8' });
  expect(names.filter((each) => /(^|\/)\.|\.tmp$/.test(each))).toEqual([]);
}

/** One of two has won, and the other said in one line why it has not. */
function expectOneWinner(both: readonly Ended[]): void {
  for (const ended of both) expectNoStack(ended);
  expect(both.filter(({ code }) => code === 0)).toHaveLength(1);
  for (const loser of both.filter(({ code }) => code !== 0)) {
    // 2 where the other was through with it before this one looked.
    expect([1, 2]).toContain(loser.code);
    expectOneLine(loser, loser.code === 1 ? /trains there|holds a run already/ : /holds a run already/);
  }
}

describe.each(Object.keys(MOMENTS))('a second process, %s', (moment) => {
  const when = MOMENTS[moment];

  test('train and train', async () => {
    for (const turn of [0, 1]) {
      const name = `train-train-${moment}-${turn}`;
      const first = command(name, ['train', ...small.argv(name)]);
      await appeared(when(name), first.ended);
      const second = command(name, ['train', ...small.argv(name)]);
      expectOneWinner([await first.ended, await second.ended]);
      expect(small.resultOf(name)).toEqual(whole);
      expectCalm(name);
      countFaults('pairs of processes');
    }
  });

  test('train and resume', async () => {
    const name = `train-resume-${moment}`;
    const first = command(name, ['train', ...small.argv(name)]);
    await appeared(when(name), first.ended);
    const second = command(name, ['train', '--resume', small.runOf(name), '--features', small.features]);
    const [one, other] = [await first.ended, await second.ended];
    expect(one.code).toBe(0);
    // Where the first was through, the second has nothing left to do.
    if (other.code !== 0)
      expectOneLine(other, /trains there|no run that train can go on with|expected a whole checkpoint/);
    expectNoStack(other);
    expect(small.resultOf(name)).toEqual(whole);
    expectCalm(name);
    countFaults('pairs of processes');
  });

  test('train and sample', async () => {
    const name = `train-sample-${moment}`;
    const first = command(name, ['train', ...small.argv(name)]);
    await appeared(when(name), first.ended);
    const picture = join(small.folder, name, 'grid.png');
    const second = command(name, [
      'sample',
      '--checkpoint',
      small.runOf(name),
      '--count',
      '2',
      '--out',
      picture,
    ]);
    const [one, other] = [await first.ended, await second.ended];
    expect(one.code).toBe(0);
    if (other.code === 0) expect(existsSync(picture)).toBe(true);
    else expectOneLine(other, /expected a whole checkpoint|expected a run directory/);
    expect(small.resultOf(name)).toEqual(whole);
    expectCalm(name);
    countFaults('pairs of processes');
  });
});

test('resume and resume: one goes on, to the bytes of a run that was never interrupted', async () => {
  for (const turn of [0, 1, 2]) {
    const name = `resume-resume-${turn}`;
    const start = small.argv(name).map((each, i, all) => (all[i - 1] === '--steps' ? '2' : each));
    expect(await command(name, ['train', ...start]).ended).toMatchObject({ code: 0 });
    const resume = ['train', '--resume', small.runOf(name), '--steps', '6', '--features', small.features];
    const both = [command(name, resume), command(name, resume)];
    const ended = [await both[0].ended, await both[1].ended];
    expect(ended.some(({ code }) => code === 0)).toBe(true);
    for (const each of ended) if (each.code !== 0) expectOneLine(each, /trains there/);
    const { log: _, ...files } = small.resultOf(name);
    const { log: __, ...expected } = whole;
    expect(files).toEqual(expected);
    expectCalm(name);
    countFaults('pairs of processes');
  }
});

test('two evaluations of one run at once: both rows are there, whole, and say the same', async () => {
  const file = join(small.runOf('whole'), 'evaluations.jsonl');
  const judge = ['evaluate', '--checkpoint', small.runOf('whole'), '--count', '8', '--metrics', 'fid'];
  for (const turn of [1, 2, 3]) {
    const cache = `evaluate-${turn}`;
    const both = [
      command(cache, [...judge, '--features', small.features]),
      command(cache, [...judge, '--features', small.features]),
    ];
    for (const { ended } of both) expect(await ended).toMatchObject({ code: 0 });
    const notes: string[] = [];
    const rows = readEvaluations(file, (note) => notes.push(note)).filter(
      ({ source }) => source === 'evaluate',
    );
    expect(notes).toEqual([]);
    expect(rows).toHaveLength(2 * turn);
    expect(new Set(rows.map(({ metrics }) => metrics.fid)).size).toBe(1);
    countFaults('pairs of processes');
  }
});

test('two trainings that pack the same images and keep the same statistics: both give the bytes of a lone one', async () => {
  for (const turn of [0, 1]) {
    const names = [`left-${turn}`, `right-${turn}`];
    const both = names.map((name) =>
      startCommand(['train', ...small.argv(name)], {
        env: { XDG_CACHE_HOME: small.cacheOf(`shared-${turn}`) },
      }),
    );
    for (const { ended } of both) expect(await ended).toMatchObject({ code: 0 });
    for (const name of names) expect(small.resultOf(name)).toEqual(whole);
    for (const kind of ['packed', 'statistics'])
      expect(readdirSync(join(small.cacheOf(`shared-${turn}`), 'libtorch-gan', kind))).toHaveLength(1);
    countFaults('pairs of processes');
  }
});

test('the lock of a download: of four processes one works at a time', async () => {
  const lock = join(small.folder, 'download.lock');
  const counter = join(small.folder, 'counter');
  writeFileSync(counter, '0');
  const script = `
    const { withLock } = require('./src/setup/lock');
    const fs = require('node:fs');
    withLock(${JSON.stringify(lock)}, async () => {
      const before = Number(fs.readFileSync(${JSON.stringify(counter)}, 'utf8'));
      await new Promise(setImmediate);
      fs.writeFileSync(${JSON.stringify(counter)}, String(before + 1));
    });`;
  const root = join(__dirname, '..', '..');
  const codes = Array.from({ length: 4 }, () => {
    const child = spawn(process.execPath, [...RUNS_TYPESCRIPT, '-e', script], {
      cwd: root,
    });
    return new Promise((resolve) => child.once('exit', resolve));
  });
  expect(await Promise.all(codes)).toEqual([0, 0, 0, 0]);
  expect(readFileSync(counter, 'utf8')).toBe('4');
  expect(readdirSync(small.folder).filter((name) => name.startsWith('download.lock'))).toEqual([]);
  countFaults('pairs of processes', 3);
});
