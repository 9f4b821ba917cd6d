import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunList } from '../../src/serve/run-list';
import { RunLock } from '../../src/training/run-lock';
import { failure } from '../support/failure';
import { smallRun, testFolder } from './serving';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
beforeEach(() => {
  folder = testFolder('list');
});
afterEach(() => rmSync(folder, { recursive: true }));

const ids = (list: RunList) => list.all.map(({ id }) => id);

test('what is no folder is refused, unless it may come', async () => {
  await expect(RunList.open([at('none')])).rejects.toThrow(
    failure('ERR_NO_RUN', 'but there is none: check the path'),
  );
  const list = await RunList.open([at('none')], { mayCome: true });
  expect(ids(list)).toEqual([]);
  await expect(list.find('none')).rejects.toMatchObject({ status: 404 });
  smallRun(at('none'));
  expect((await list.find('none')).path).toBe(at('none'));
});

test('a folder without runs has none, and files in it are none', async () => {
  writeFileSync(at('config.txt'), '');
  mkdirSync(at('metrics.jsonl'));
  expect(ids(await RunList.open([folder]))).toEqual([]);
});

test('runs are found at any depth up to three, and not in runs', async () => {
  smallRun(at('runs', 'a'));
  smallRun(at('runs', 'a', 'set-aside', 'after-step-2'));
  smallRun(at('runs', 'seeds', 'seed-1'));
  smallRun(at('runs', '1', '2', '3'));
  smallRun(at('runs', '1', '2', '3b', 'too-deep'));
  expect(ids(await RunList.open([at('runs')]))).toEqual(['1.2.3', 'a', 'seeds.seed-1']);
});

test('ids are letters that an address has as they are, and each is of one run', async () => {
  for (const name of ['with space', 'with-space', 'ü', '..x', 'a?b#c%2f']) smallRun(at('runs', name));
  smallRun(at('other', 'ü'));
  const list = await RunList.open([at('runs'), at('other', 'ü'), at('runs', 'ü')]);
  expect(ids(list)).toHaveLength(6);
  expect(new Set(ids(list)).size).toBe(6);
  for (const id of ids(list)) expect(id).toMatch(/^[\w-][\w.-]*$/);
  expect(list.all.map(({ name }) => name)).toContain('with space');
});

test('links that go round or back end', async () => {
  smallRun(at('runs', 'a'));
  symlinkSync(at('runs'), at('runs', 'round'));
  symlinkSync('..', at('runs', 'back'));
  symlinkSync(at('nowhere'), at('runs', 'dead'));
  symlinkSync(at('runs', 'a'), at('runs', 'b'));
  expect(ids(await RunList.open([at('runs')]))).toEqual(['a']);
});

test('at most 500 are listed, and those that are gone make room', async () => {
  const put = (name: string) => {
    mkdirSync(at(name));
    writeFileSync(at(name, 'metrics.jsonl'), '');
  };
  for (let run = 100; run < 600; run++) put(`run-${run}`);
  const list = await RunList.open([folder]);
  put('more');
  await list.scan();
  expect([list.all.length, ids(list).includes('more')]).toEqual([500, false]);
  rmSync(at('run-100'), { recursive: true });
  expect((await list.find('more')).path).toBe(at('more'));
  expect([list.all.length, ids(list).includes('run-100')]).toEqual([500, false]);
});

test('a run trains while a process has its lock; then it is done, or it was stopped', async () => {
  smallRun(at('a'), 60);
  smallRun(at('b'), 10);
  const { all } = await RunList.open([at('a'), at('b')]);
  const states = async () => {
    for (const run of all) await run.poll();
    return all.map(({ status }) => status);
  };
  expect(await states()).toEqual(['done', 'stopped']);
  const lock = await RunLock.take(at('b'));
  expect(await states()).toEqual(['done', 'training']);
  lock.release();
  rmSync(at('a'), { recursive: true });
  expect(await states()).toEqual(['gone', 'stopped']);
});

test('looks that come while one is at work are that one', async () => {
  smallRun(at('a'), 60);
  const [run] = (await RunList.open([at('a')])).all;
  await Promise.all([run.poll(), run.poll(), run.poll()]);
  expect([run.metrics.count, run.metrics.generation]).toEqual([60, 0]);
});

test('a warning that a training tells is shown once where its run has it, and a sentence that no file has, too', async () => {
  smallRun(at('a'));
  writeFileSync(at('a', 'config.json'), JSON.stringify({ warnings: [{ step: 7, text: 'step 7: it' }] }));
  const run = await (await RunList.open([folder])).find('a');
  for (const note of ['step 7: it', 'another']) run.tell(note);
  await run.poll();
  expect(run.data.notes).toEqual(['another']);
  expect(run.data.config.warnings).toHaveLength(1);
});
