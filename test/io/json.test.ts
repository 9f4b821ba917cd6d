import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isJsonObject, readJsonLines, readJsonObject } from '../../src/io/json';
import { failure } from '../support/failure';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'json-'));
  file = join(folder, 'a.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each([
  ['{"a":', /a\.json: expected JSON, but /],
  ['', /a\.json: expected JSON, but /],
  ['[1]', /a\.json: expected a JSON object in braces/],
  ['null', /a\.json: expected a JSON object in braces/],
])('a file that holds %j is refused', (content, message) => {
  writeFileSync(file, content);
  expect(() => readJsonObject(file)).toThrow(
    expect.objectContaining({ code: 'ERR_BAD_JSON', message: expect.stringMatching(message) }),
  );
});

test('what the file holds in the place of JSON is told in one line', () => {
  writeFileSync(file, '{\n\t"a": \u0007x\n}\n');
  expect(() => readJsonObject(file)).toThrow(
    expect.objectContaining({ message: expect.not.stringMatching(/\p{Cc}/u) }),
  );
});

test('a file that is not there is refused', () => {
  expect(() => readJsonObject(file)).toThrow(
    expect.objectContaining({ code: 'ERR_CANNOT_READ', message: expect.stringContaining('no such file') }),
  );
});

test('a named pipe, which would keep its reader waiting, is refused', () => {
  spawnSync('mkfifo', [file]);
  const refused = failure('ERR_CANNOT_READ', 'a.json: it is a pipe or a device: name a file');
  expect(() => readJsonObject(file)).toThrow(refused);
  expect(() => readJsonLines(file)).toThrow(refused);
});

test('an object is read', () => {
  writeFileSync(file, '{"a":{"b":[1]}}');
  expect(readJsonObject(file)).toEqual({ a: { b: [1] } });
});

test('lists and null are no objects', () => {
  expect([{}, [], null, 'a', undefined].map(isJsonObject)).toEqual([true, false, false, false, false]);
});

describe('readJsonLines', () => {
  test('leaves out half a line, lines of something else and empty ones', () => {
    writeFileSync(file, '{"a":1}\n\nnull\n[1]\nhello\n{"a":2}\n{"a":3');
    expect(readJsonLines(file)).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test('takes a last line without its end, where it is whole', () => {
    writeFileSync(file, '{"a":1}\n{"a":2}');
    expect(readJsonLines(file)).toHaveLength(2);
  });

  test('finds nothing where there is no file', () => {
    expect(readJsonLines(file)).toEqual([]);
  });

  test('a folder in place of the file is refused', () => {
    expect(() => readJsonLines(folder)).toThrow(
      expect.objectContaining({ code: 'ERR_CANNOT_READ', message: expect.stringContaining('a folder') }),
    );
  });
});
