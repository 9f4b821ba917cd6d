import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeTrace } from '../../src/report/trace-file';
import { temporaryFolder } from '../data/files';
import { failure } from '../support/failure';
import { RUNS_TYPESCRIPT } from '../support/typescript';

const folder = temporaryFolder();
const file = () => folder.path('trace.json');

/** Ends profiles by writing a text, and keeps what it was called with. */
function stopper(text: string | null) {
  const paths: string[] = [];
  const stop = (path: string): string => {
    paths.push(path);
    if (path !== '' && text !== null) writeFileSync(path, text);
    return 'events';
  };
  return { paths, stop };
}

test.each<[string, string | null]>([
  ['nothing', null],
  ['a part', '{"traceEvents": [{"name": "a"},'],
])('a trace of which LibTorch wrote %s is refused, and the file before it stays', async (_, text) => {
  writeFileSync(file(), 'before');
  const { paths, stop } = stopper(text);
  await expect(writeTrace(file(), stop)).rejects.toEqual(
    failure('ERR_CANNOT_WRITE', `cannot write ${file()}: LibTorch stopped writing: is the disk full?`),
  );
  expect(readFileSync(file(), 'utf8')).toBe('before');
  expect(readdirSync(folder.path())).toEqual(['trace.json']);
  expect(paths).toHaveLength(1);
});

test('a place that cannot be written to ends the profile all the same, once', async () => {
  mkdirSync(file());
  const blocked = stopper('{}');
  await expect(writeTrace(file(), blocked.stop)).rejects.toEqual(failure('ERR_CANNOT_WRITE', file()));
  expect(blocked.paths).toHaveLength(1);
  const { paths, stop } = stopper('{}');
  await expect(writeTrace(folder.path('none', 'trace.json'), stop)).rejects.toEqual(
    failure('ERR_CANNOT_WRITE', join('none', 'trace.json')),
  );
  expect(paths).toEqual(['']);
});

test('an error of the profiler comes through', async () => {
  const stop = () => {
    throw new RangeError('no profile');
  };
  await expect(writeTrace(file(), stop)).rejects.toThrow('no profile');
  expect(existsSync(file())).toBe(false);
});

test('a whole trace takes the place of the file before it, and pipes and devices are written to', async () => {
  writeFileSync(file(), 'before');
  expect(await writeTrace(file(), stopper('{"traceEvents": []}\n').stop)).toBe('events');
  expect(readFileSync(file(), 'utf8')).toBe('{"traceEvents": []}\n');
  expect(await writeTrace('/dev/null', stopper('{}').stop)).toBe('events');
});

const ROOT = resolve(__dirname, '../..');
const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('a real profile says that its trace does not fit where files may not grow', () => {
  const script = `
    const { profile } = require('./src/report/profile');
    const { randn } = require('./src/tensor/create');
    profile(() => randn([4]).exp().dispose(), { trace: process.argv[1] }).catch(({ code }) => console.log(code));`;
  const limited = `trap '' XFSZ; ulimit -f 1; exec "$0" ${RUNS_TYPESCRIPT.join(' ')} -e "$1" "$2"`;
  const { stdout } = spawnSync('sh', ['-c', limited, process.execPath, script, file()], {
    ...{ cwd: ROOT, encoding: 'utf8', timeout: 50_000 },
  });
  expect(stdout).toBe('ERR_CANNOT_WRITE\n');
  expect(existsSync(file())).toBe(false);
});
