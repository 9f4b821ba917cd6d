import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors } from '../../src/io/safetensors';
import { writeWhole } from '../../src/io/whole-file';
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
