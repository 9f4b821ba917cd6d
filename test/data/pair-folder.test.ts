import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { ImageFolderOptions } from '../../src/data/image-folder';
import { pairFolder } from '../../src/data/pair-folder';
import type { PairedDataset } from '../../src/data/paired-dataset';
import { environment, plain, put, temporaryFolder, testWithData } from './files';

const folder = temporaryFolder();
environment(() => ({ XDG_CACHE_HOME: folder.path('cache') }));

const path = (...parts: string[]) => folder.path('set', ...parts);
const load = (options: ImageFolderOptions = {}): Promise<PairedDataset> =>
  pairFolder(path(), { resolution: 8, channels: 1, ...options });

/** A grey image. */
async function putGrey(file: string, level: number, format: 'png' | 'gif' = 'png'): Promise<void> {
  put(path(file), await plain(format, { width: 20, height: 20, colour: `rgb(${level},${level},${level})` }));
}

/** Two images of 30×40 and one grey each, side by side. */
async function putBeside(file: string, left: number, right: number): Promise<void> {
  const half = (level: number) => ({ r: level, g: level, b: level });
  const create = { width: 30, height: 40, channels: 3, background: half(right) } as const;
  const both = sharp({ create: { ...create, width: 60, background: half(left) } });
  put(
    path(file),
    await both
      .composite([{ input: { create }, left: 30, top: 0 }])
      .png()
      .toBuffer(),
  );
}

/** [a, b] of each pair whose images are of one grey. */
async function levels(set: PairedDataset): Promise<number[][]> {
  const [a, b] = await Promise.all([set.parts.a, set.parts.b].map(({ pixels }) => pixels.readAll()));
  return Array.from({ length: set.count }, (_, i) => [a[64 * i], b[64 * i]]);
}

describe('pairFolder refuses', () => {
  test('a folder that is missing', async () => {
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: `${path()} does not exist; a folder of images is expected there`,
    });
  });

  test('a folder without the sub-folders', async () => {
    await putGrey('a.png', 1);
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_DATA_LAYOUT',
      message: `${path()} holds no pairs: sub-folders are expected, train with images side by side (A left, B right), or trainA and trainB, or A and B, with equal names`,
    });
  });

  test.each([
    ['trainA', 'B'],
    ['trainB', 'A'],
    ['A', 'B'],
  ])('%s without the other domain', async (found, missing) => {
    await putGrey(`${found}/a.png`, 1);
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_DATA_LAYOUT',
      message: `${path()} holds ${found}, but nothing of domain ${missing}: trainA and trainB, or A and B, are expected`,
    });
  });

  test('sub-folders without images', async () => {
    mkdirSync(path('trainA'), { recursive: true });
    await putGrey('trainB/a.png', 1);
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_DATA_EMPTY',
      message: expect.stringContaining(`${path('trainA')} holds no images`),
    });
  });

  test('names without a partner, telling the first of each side', async () => {
    for (const file of ['A/1.png', 'A/2.png', 'A/3.png', 'A/4.png', 'A/5.png', 'B/5.png', 'B/6.png'])
      await putGrey(file, 1);
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: `pairs:${path()}: images of equal names are pairs, but 4 of ${path('A')} have none in the other (1, 2, 3, …) and 1 of ${path('B')} has none in the other (6): remove or rename them, or try unpaired:PATH`,
    });
  });

  test('counts that differ', async () => {
    for (const file of ['A/1.png', 'B/1.png', 'B/2.png']) await putGrey(file, 1);
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringContaining(`none of ${path('A')} lacks a partner and 1 of ${path('B')} has none`),
    });
  });

  test('two images of one name on a side', async () => {
    for (const file of ['A/1.png', 'B/1.gif', 'B/1.png']) await putGrey(file, 1);
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: `pairs:${path()}: images of equal names are pairs, but ${path('B')} holds both 1.gif and 1.png: remove one of them`,
    });
  });

  test('a side-by-side image of odd width', async () => {
    await putBeside('train/a.png', 1, 2);
    put(path('train/b.png'), await plain('png', { width: 33, height: 8, colour: 'red' }));
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_BAD_IMAGE',
      message: `${path('train/b.png')} is not a readable image: two images side by side are expected, but its width, 33, is odd; remove it, or leave such images out with --on-bad-image skip`,
    });
    const set = await load({ onBadImage: 'skip' });
    expect([set.count, set.skipped.map(({ file }) => file)]).toEqual([1, ['b.png']]);
  });

  test.each(['train/a.png', 'trainA/a.png'])('a test split beside %s alone', async (file) => {
    await putBeside(file, 1, 2);
    if (file.includes('A')) await putBeside('trainB/a.png', 1, 2);
    await expect(load({ split: 'test' })).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: `pairs:${path()} has no test split: leave the split out, or give a folder of its own`,
    });
  });

  test.each<[ImageFolderOptions, string]>([
    [{ channels: 0 }, 'channels must be 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA), got 0'],
    [{ resolution: 2 }, 'resolution must be an integer from 4 to 4096, got 2'],
  ])('%j', async (options, reason) => {
    await expect(load(options)).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: `pairs:${path()}: ${reason}`,
    });
  });
});

describe('pairFolder', () => {
  test.each(['val', 'valid', 'validation', 'test'])(
    'reads images side by side, those of %s as test',
    async (heldOut) => {
      await putBeside('train/b.png', 30, 40);
      await putBeside('train/a.png', 10, 20);
      await putBeside(`${heldOut}/c.png`, 50, 60);
      const [train, test] = [await load(), await load({ split: 'test' })];
      expect(await levels(train)).toEqual([
        [10, 20],
        [30, 40],
      ]);
      expect(await levels(test)).toEqual([[50, 60]]);
      expect([train.name, train.kind]).toEqual([`pairs:${path()}`, 'pairs']);
    },
  );

  test.each([
    ['trainA', 'trainB', 'testA', 'testB'],
    ['traina', 'trainb', 'vala', 'valb'],
    ['A/train', 'B/train', 'A/test', 'B/test'],
  ])('pairs images of %s and %s by name, whatever the extension', async (a, b, testA, testB) => {
    await putGrey(`${a}/1.png`, 10);
    await putGrey(`${a}/2.gif`, 20, 'gif');
    await putGrey(`${b}/2.png`, 21);
    await putGrey(`${b}/1.png`, 11);
    await putGrey(`${testA}/3.png`, 30);
    await putGrey(`${testB}/3.png`, 31);
    expect(await levels(await load())).toEqual([
      [10, 11],
      [20, 21],
    ]);
    expect(await levels(await load({ split: 'test' }))).toEqual([[30, 31]]);
  });

  test('pairs images of A and B, also in sub-folders', async () => {
    await putGrey('A/x/1.png', 10);
    await putGrey('B/x/1.png', 11);
    expect(await levels(await load())).toEqual([[10, 11]]);
  });

  test('brings both to the channels and to the size asked for', async () => {
    await putGrey('A/1.png', 10);
    await putGrey('B/1.png', 11);
    const { specs, parts } = await load({ channels: 4, resolution: { height: 12, width: 8 }, fit: 'pad' });
    const spec = { channels: 4, height: 12, width: 8, classes: 0 };
    expect(specs).toEqual({ a: spec, b: spec });
    // A square in a higher image: two rows of margin above and below, which are transparent.
    const alpha = (await parts.b.images([0])).subarray(3 * 96);
    expect([0, 15, 16, 79, 80, 95].map((at) => alpha[at])).toEqual([0, 0, 255, 255, 0, 0]);
  });

  test('leaves a pair out of which one image is bad', async () => {
    await putGrey('A/1.png', 10);
    put(path('B/1.png'), 'no image');
    await putGrey('A/2.png', 20);
    await putGrey('B/2.png', 21);
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_BAD_IMAGE',
      message: expect.stringContaining(path('B/1.png')),
    });
    const set = await load({ onBadImage: 'skip' });
    expect(await levels(set)).toEqual([[20, 21]]);
    expect(set.skipped).toEqual([{ file: '1.png', reason: expect.stringContaining(path('B/1.png')) }]);
  });

  test('decodes once, and again for a change of either side, another form or another split', async () => {
    for (const file of ['trainA/1.png', 'trainB/1.png', 'testA/1.png', 'testB/1.png'])
      await putGrey(file, 10);
    let decoded = 0;
    const progress = () => void decoded++;
    for (const options of [{}, { channels: 3 }, { fit: 'stretch' }, { split: 'test' }] as const)
      for (let time = 0; time < 2; time++) await load({ ...options, progress });
    expect(decoded).toBe(4);
    await putGrey('trainB/1.png', 200);
    expect(await levels(await load({ progress }))).toEqual([[10, 200]]);
    expect(decoded).toBe(5);
  });

  test('tells what was left out of both sides', async () => {
    for (const file of ['A/1.png', 'B/1.png', 'A/x.txt', 'B/x.txt', 'B/y.avif', 'README.md'])
      await putGrey(file, 10);
    expect((await load()).notes).toEqual(['3 files of other formats were left out: .txt 2, .avif 1']);
  });

  testWithData('emoji', 'reads 3,484 pairs of drawings and 302 for test, with alpha', async (dataDir) => {
    const set = await pairFolder(join(dataDir, 'emoji'), { split: 'test', channels: 4, resolution: 64 });
    expect([set.count, set.specs.a.channels, set.skipped, set.notes]).toEqual([302, 4, [], []]);
    const alpha = (await set.parts.a.images([0])).subarray(3 * 4096);
    expect([Math.min(...alpha), Math.max(...alpha)]).toEqual([0, 255]);
  });
});
