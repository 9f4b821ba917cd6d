import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { type PackContents, readPack, writePack } from '../../src/data/packed';
import { put, temporaryFolder } from './files';

const folder = temporaryFolder();
const contents: PackContents = {
  count: 2,
  imageBytes: 3,
  skipped: [{ file: 'x', reason: 'y' }],
};

async function* images(): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(1, 2, 3);
  yield Uint8Array.of(4, 5, 6);
}

const write = (path = folder.path('packed/a.pack')): Promise<PackContents> =>
  writePack(path, { images: images(), describe: () => contents });

describe('writePack', () => {
  test('names a place where it cannot write', async () => {
    put(folder.path('packed'), 'a file');
    await expect(write()).rejects.toMatchObject({
      code: 'ERR_CACHE',
      message: expect.stringMatching(/packed\/a\.pack: .*; free some space there, or set XDG_CACHE_HOME/),
    });
  });

  test('leaves nothing behind when its images fail', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(1, 2, 3);
      throw new Error('bad image');
    }
    const writing = writePack(folder.path('packed/a.pack'), { images: failing(), describe: () => contents });
    await expect(writing).rejects.toMatchObject({ message: 'bad image' });
    expect(readdirSync(folder.path('packed'))).toEqual([]);
  });

  test('writes images from byte 0 on, and what readPack reads', async () => {
    await write();
    expect([...readFileSync(folder.path('packed/a.pack')).subarray(0, 6)]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(readdirSync(folder.path('packed'))).toEqual(['a.pack']);
    expect(await readPack(folder.path('packed/a.pack'))).toEqual(contents);
  });
});

describe('readPack', () => {
  const path = (): string => folder.path('packed/a.pack');

  const damaged = (reason = '') =>
    expect.objectContaining({
      code: 'ERR_CACHE',
      message: expect.stringContaining(`the packed images in ${path()} are damaged: ${reason}`),
    });

  test('finds nothing where there is no file', async () => {
    expect(await readPack(path())).toBeNull();
  });

  test('refuses a folder', async () => {
    mkdirSync(path(), { recursive: true });
    await expect(readPack(path())).rejects.toEqual(damaged());
  });

  test('refuses a file with any of its bits flipped', async () => {
    await write();
    const whole = readFileSync(path());
    for (let bit = 0; bit < 8 * whole.length; bit++) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path(), bytes);
      await expect(readPack(path())).rejects.toEqual(damaged());
    }
  });

  test.each([
    ['without a hash', 'LTGPACK1', 40],
    ['with labels', 'LTGPACK2', 8],
    ['with enlarged images half a pixel aside', 'LTGPACK3', 8],
  ])('refuses a file %s, as earlier versions wrote it', async (_, word, end) => {
    await write();
    writeFileSync(path(), Buffer.concat([readFileSync(path()).subarray(0, -end), Buffer.from(word)]));
    await expect(readPack(path())).rejects.toEqual(
      damaged('it is not whole, or an earlier version wrote it'),
    );
  });

  test.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['an empty file', () => Buffer.alloc(0)],
    ['a file shorter than its tail', (bytes) => bytes.subarray(-5)],
    ['a file cut at its end', (bytes) => bytes.subarray(0, -1)],
    ['a file that lost its beginning', (bytes) => bytes.subarray(1)],
    ['a file with more images than it says', (bytes) => Buffer.concat([bytes.subarray(0, 3), bytes])],
    ['a damaged description', (bytes) => Buffer.from(bytes).fill('?', 6, 8)],
    [
      'a length that does not fit',
      (bytes) => Buffer.from(bytes).fill(0xff, bytes.length - 44, bytes.length - 40),
    ],
  ])('refuses %s', async (_, damage) => {
    await write();
    writeFileSync(path(), damage(readFileSync(path())));
    await expect(readPack(path())).rejects.toEqual(damaged());
  });

  test('refuses a file whose length was set by a crash', async () => {
    await write();
    truncateSync(path(), 10_000);
    await expect(readPack(path())).rejects.toEqual(damaged());
  });
});
