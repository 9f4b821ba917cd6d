import { spawnSync } from 'node:child_process';
import { appendFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MetricsTail } from '../../src/serve/metrics-tail';
import { testFolder } from './serving';

let folder: string;
let file: string;
beforeEach(() => {
  folder = testFolder('tail');
  file = join(folder, 'metrics.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const line = (step: number, values: object = { D: step / 10 }) => `${JSON.stringify({ step, ...values })}\n`;
const steps = ({ curves }: MetricsTail, name = 'D') => curves.get(name)?.x ?? [];

test('a file that is not there has no lines, and is read when it comes', async () => {
  const tail = new MetricsTail(file);
  expect(await tail.poll()).toBe(false);
  writeFileSync(file, line(1));
  expect(await tail.poll()).toBe(true);
  expect([tail.lastStep, tail.count, steps(tail)]).toEqual([1, 1, [1]]);
});

test('a named pipe in its place is not waited for, and has no lines', async () => {
  spawnSync('mkfifo', [file]);
  const tail = new MetricsTail(file);
  expect([await tail.poll(), tail.count]).toEqual([false, 0]);
});

test('what is no line of a log is left out', async () => {
  writeFileSync(file, `nothing\n{"step":"1"}\n[1]\n{"D":2}\n\n{"step":1e999,"D":1}\n${line(3)}`);
  const tail = new MetricsTail(file);
  await tail.poll();
  expect([tail.count, steps(tail)]).toEqual([1, [3]]);
});

test('half a line counts when its other half comes', async () => {
  const tail = new MetricsTail(file);
  writeFileSync(file, `${line(1)}{"step":2,"D":0`);
  await tail.poll();
  expect(steps(tail)).toEqual([1]);
  appendFileSync(file, '.7}\n');
  await tail.poll();
  expect([steps(tail), tail.curves.get('D')?.y]).toEqual([
    [1, 2],
    [0.1, 0.7],
  ]);
});

test('names that objects have anyway are names as any other', async () => {
  writeFileSync(file, '{"step":1,"__proto__":5,"constructor":6}\n');
  const tail = new MetricsTail(file);
  await tail.poll();
  expect([steps(tail, '__proto__'), steps(tail, 'constructor')]).toEqual([[1], [1]]);
});

test('each look reads only what came since, and nothing where nothing did', async () => {
  const tail = new MetricsTail(file);
  writeFileSync(file, line(1) + line(2));
  await tail.poll();
  appendFileSync(file, line(3));
  expect(await tail.poll()).toBe(true);
  expect([tail.generation, tail.count, tail.recent.map(({ step }) => step)]).toEqual([0, 3, [1, 2, 3]]);
  expect(await tail.poll()).toBe(false);
});

test('a log that was cut, as at a resume, is read anew', async () => {
  const tail = new MetricsTail(file);
  writeFileSync(file, line(1) + line(2) + line(3));
  await tail.poll();
  truncateSync(file, line(1).length);
  await tail.poll();
  expect([tail.generation, steps(tail)]).toEqual([1, [1]]);
});

test('a log that was cut and has grown beyond its old length since is read anew', async () => {
  const tail = new MetricsTail(file);
  writeFileSync(file, line(1) + line(2) + line(3));
  await tail.poll();
  writeFileSync(file, line(1) + line(2, { D: 9 }) + line(4) + line(5) + line(6));
  await tail.poll();
  expect([tail.generation, steps(tail), tail.curves.get('D')?.y[1]]).toEqual([1, [1, 2, 4, 5, 6], 9]);
});

test('a step that comes again counts as it came last, and what was after it does not', async () => {
  const tail = new MetricsTail(file);
  writeFileSync(file, line(1) + line(2, { D: null }) + line(3) + line(2, { D: 7 }));
  await tail.poll();
  expect([steps(tail), tail.curves.get('D')?.y, tail.lastStep]).toEqual([[1, 2], [0.1, 7], 2]);
  expect([...tail.notFinite]).toEqual([]);
});

test('a log that is gone has no lines', async () => {
  const tail = new MetricsTail(file);
  writeFileSync(file, line(1));
  await tail.poll();
  rmSync(file);
  await tail.poll();
  expect([tail.generation, tail.lastStep, steps(tail)]).toEqual([1, 0, []]);
});

test('what is not finite is a gap, and counted', async () => {
  writeFileSync(file, `{"step":1,"D":null}\n{"step":2,"D":1e999}\n${line(3)}`);
  const tail = new MetricsTail(file);
  await tail.poll();
  expect([tail.curves.get('D')?.y, [...tail.notFinite]]).toEqual([[null, null, 0.3], [['D', 2]]]);
});

test('a log of many lines is kept within bounds, its spikes and its ends included', async () => {
  const many = Array.from({ length: 50_000 }, (_, at) => line(at + 1, { D: at === 777 ? 99 : 0 }));
  writeFileSync(file, many.join(''));
  const tail = new MetricsTail(file, { kept: 10 });
  await tail.poll();
  const curve = tail.curves.get('D');
  expect(curve?.x.length).toBeLessThanOrEqual(20_000);
  expect([curve?.x[0], curve?.x.at(-1), Math.max(...(curve?.y.map(Number) ?? []))]).toEqual([1, 50_000, 99]);
  expect(tail.recent.length).toBeLessThanOrEqual(20);
});
