import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../src/io/make-folder';
import { failure } from '../support/failure';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'make-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a file, and a path through one, are refused', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(file)).toThrow(failure('ERR_CANNOT_WRITE', 'it is a file, or a link to nowhere'));
  expect(() => makeFolder(join(file, 'a', 'b'))).toThrow(
    failure('ERR_CANNOT_WRITE', 'is a file, not a folder'),
  );
});

test('a link to nowhere is refused, and what would lie behind it', () => {
  const link = join(folder, 'link');
  symlinkSync(join(folder, 'gone', 'away'), link);
  for (const path of [link, join(link, 'run'), join(link, 'a', 'b')])
    expect(() => makeFolder(path)).toThrow(failure('ERR_CANNOT_WRITE', 'it is a file, or a link to nowhere'));
});

const onProc = existsSync('/proc/self') ? test : test.skip;
onProc('where nothing can be made is an error, not an endless wait', () => {
  expect(() => makeFolder('/proc/runs/a/b')).toThrow(failure('ERR_CANNOT_WRITE', 'cannot write /proc/runs'));
});

test('folders are made as deep as it takes, and may be there', () => {
  const deep = join(folder, 'a', 'b', 'c');
  makeFolder(deep);
  makeFolder(deep);
  expect(statSync(deep).isDirectory()).toBe(true);
});
