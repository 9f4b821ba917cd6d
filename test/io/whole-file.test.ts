import { randomUUID } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { writeSafetensors } from '../../src/io/safetensors';
import { removePartials, writeWhole, writeWholeFolder, writeWholeSync } from '../../src/io/whole-file';
import { failure } from '../support/failure';

const folder = mkdtempSync(join(tmpdir(), 'whole-'));
const file = join(folder, 'file');
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => writeFileSync(file, 'old'));

test('the old file stays until the new one is whole', async () => {
  await writeWhole(file, async (partial) => {
    await writeFile(partial, 'new');
    expect(readFileSync(file, 'utf8')).toBe('old');
  });
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(readdirSync(folder)).toEqual(['file']);
});

test('a failure in the middle leaves the old file, and nothing beside it', async () => {
  const half = writeWhole(file, async (partial) => {
    await writeFile(partial, 'ne');
    throw Object.assign(new Error('full'), { code: 'ENOSPC' });
  });
  await expect(half).rejects.toEqual(failure('ERR_CANNOT_WRITE', `cannot write ${file}: the disk is full`));
  expect(readFileSync(file, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['file']);
});

test('a link stays, and what it leads to is replaced; a device is written to', async () => {
  const link = join(folder, 'link');
  symlinkSync(file, link);
  await writeWhole(link, (partial) => writeFile(partial, 'new'));
  expect([readFileSync(file, 'utf8'), lstatSync(link).isSymbolicLink()]).toEqual(['new', true]);
  rmSync(link);
  await writeWhole('/dev/null', (partial) => writeFile(partial, 'new'));
  expect(statSync('/dev/null').isFile()).toBe(false);
});

test('a file is written whole also where the caller cannot wait', () => {
  const link = join(folder, 'link');
  symlinkSync(file, link);
  writeWholeSync(link, 'new');
  expect([readFileSync(file, 'utf8'), lstatSync(link).isSymbolicLink()]).toEqual(['new', true]);
  rmSync(link);
  mkdirSync(join(folder, 'taken', 'inside'), { recursive: true });
  expect(() => writeWholeSync(join(folder, 'taken'), 'new')).toThrow(
    failure('ERR_CANNOT_WRITE', `cannot write ${join(folder, 'taken')}: it is a folder`),
  );
  rmSync(join(folder, 'taken'), { recursive: true });
  expect(readdirSync(folder)).toEqual(['file']);
});

test.each([
  ['ASCII letters', 'a'.repeat(251)],
  ['letters of three bytes', '絵'.repeat(83)],
])('a name of %s may be as long as the system takes', async (_kind, letters) => {
  const long = join(folder, `${letters}.png`);
  await writeWhole(long, (partial) => writeWhole(partial, (inner) => writeFile(inner, 'new')));
  writeWholeSync(long, 'newer');
  await writeWholeFolder(folder, { [basename(long)]: (partial) => writeFile(partial, 'newest') });
  expect([readFileSync(long, 'utf8'), readdirSync(folder).length]).toEqual(['newest', 2]);
  rmSync(long);
});

test('what a killed process left is removed, what a living one writes is not', async () => {
  // The largest process id that Linux gives out is 4194304.
  for (const prefix of ['', 'file']) {
    const [dead, living] = [4194999, process.ppid].map((pid) => `${prefix}.${pid}.${randomUUID()}.tmp`);
    for (const name of [dead, living, 'file.tmp']) writeFileSync(join(folder, name), '');
    await removePartials(folder);
    expect(readdirSync(folder).sort()).toEqual(['file', living, 'file.tmp'].sort());
    for (const name of [living, 'file.tmp']) rmSync(join(folder, name));
  }
});

test('what a process left is what is removed', async () => {
  let left = '';
  await writeWhole(file, async (partial) => {
    left = basename(partial);
    await writeFile(partial, 'new');
  });
  writeFileSync(join(folder, left.replace(`.${process.pid}.`, '.4194999.')), '');
  await removePartials(folder);
  expect(readdirSync(folder)).toEqual(['file']);
});

test('two at once do not mix', async () => {
  await Promise.all(['a', 'b'].map((c) => writeWhole(file, (partial) => writeFile(partial, c.repeat(1e6)))));
  expect(readFileSync(file, 'utf8')).toMatch(/^(a{1000000}|b{1000000})$/);
});

test('errors name the file, not the other name', async () => {
  const nowhere = join(folder, 'none', 'file');
  const expected = failure('ERR_CANNOT_WRITE', `cannot write ${nowhere}: its folder does not exist`);
  await expect(writeWhole(nowhere, (partial) => writeFile(partial, ''))).rejects.toEqual(expected);
  await expect(writeWhole(nowhere, (partial) => writeSafetensors(partial, {}))).rejects.toEqual(expected);
});

describe('files of a folder', () => {
  const page = join(folder, 'page');
  const both = (second: (partial: string) => Promise<unknown>) => ({
    'index.html': (partial: string) => writeFile(partial, 'new'),
    'parts/model': second,
  });
  const full = async (partial: string) => {
    await writeFile(partial, 'ha');
    throw Object.assign(new Error('full'), { code: 'ENOSPC' });
  };
  const refused = failure(
    'ERR_CANNOT_WRITE',
    `cannot write ${join(page, 'parts', 'model')}: the disk is full`,
  );
  afterEach(() => rmSync(page, { recursive: true, force: true }));

  test('appear together, and take the place of others', async () => {
    for (const content of ['one', 'two']) {
      await writeWholeFolder(
        page,
        both(async (partial) => {
          await writeFile(partial, content);
        }),
      );
      expect(readdirSync(page, { recursive: true }).sort()).toEqual(['index.html', 'parts', 'parts/model']);
      expect(readFileSync(join(page, 'parts', 'model'), 'utf8')).toBe(content);
    }
  });

  test('of which one cannot be written leave nothing of a new folder', async () => {
    await expect(writeWholeFolder(page, both(full))).rejects.toEqual(refused);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  test('of which one cannot be written leave what was there', async () => {
    mkdirSync(page);
    for (const name of ['index.html', 'own']) writeFileSync(join(page, name), 'old');
    await expect(writeWholeFolder(page, both(full))).rejects.toEqual(refused);
    expect(readdirSync(page)).toEqual(['index.html', 'own']);
    expect(readFileSync(join(page, 'index.html'), 'utf8')).toBe('old');
  });
});
