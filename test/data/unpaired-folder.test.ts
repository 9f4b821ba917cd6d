import { join } from 'node:path';
import { ImageDataset } from '../../src/data/dataset';
import type { ImageFolderOptions } from '../../src/data/image-folder';
import { UnpairedDataset } from '../../src/data/unpaired-dataset';
import { unpairedFolder } from '../../src/data/unpaired-folder';
import { environment, plain, put, temporaryFolder, testWithData } from './files';

const folder = temporaryFolder();
environment(() => ({ XDG_CACHE_HOME: folder.path('cache') }));

const path = (...parts: string[]) => folder.path('set', ...parts);
const load = (options: ImageFolderOptions = {}): Promise<UnpairedDataset> =>
  unpairedFolder(path(), { resolution: 8, channels: 1, ...options });

async function putGrey(...files: string[]): Promise<void> {
  for (const file of files)
    put(path(file), await plain('png', { width: 9, height: 9, colour: `rgb(${[9, 9, 9].join()})` }));
}

test('a folder that is missing is named', async () => {
  await expect(load()).rejects.toMatchObject({
    code: 'ERR_DATA_MISSING',
    message: expect.stringContaining(`${path()} does not exist`),
  });
});

test('a folder without two domains is told what is expected', async () => {
  await putGrey('train/a.png', 'val/a.png');
  await expect(load()).rejects.toMatchObject({
    code: 'ERR_DATA_LAYOUT',
    message: `${path()} holds no two domains: sub-folders are expected, trainA and trainB, or A and B`,
  });
});

test('a domain without the other is named', async () => {
  await putGrey('trainB/a.png');
  await expect(load()).rejects.toMatchObject({
    code: 'ERR_DATA_LAYOUT',
    message: `${path()} holds trainB, but nothing of domain A: trainA and trainB, or A and B, are expected`,
  });
});

test('a domain without images is named', async () => {
  await putGrey('trainA/a.png', 'trainB/a.txt');
  await expect(load()).rejects.toMatchObject({
    code: 'ERR_DATA_EMPTY',
    message: expect.stringContaining(`${path('trainB')} holds no images`),
  });
});

test('a test split is refused where one of the domains has none', async () => {
  await putGrey('trainA/a.png', 'trainB/a.png', 'testA/a.png');
  await expect(load({ split: 'test' })).rejects.toMatchObject({
    code: 'ERR_USAGE',
    message: `unpaired:${path()} has no test split: leave the split out, or give a folder of its own`,
  });
});

test('images of trainA and trainB are the domains, whatever their names, and those of testA and testB the test split', async () => {
  await putGrey('trainA/1.png', 'trainA/2.png', 'trainB/x.png', 'testA/t.png', 'valB/u.png', 'valB/v.png');
  const [train, test] = [await load(), await load({ split: 'test' })];
  expect([train.name, train.parts.a.name, train.parts.b.name]).toEqual(
    ['', ' (a)', ' (b)'].map((part) => `unpaired:${path()}${part}`),
  );
  expect([train.count, train.parts.a.count, train.parts.b.count]).toEqual([2, 2, 1]);
  expect([test.count, test.parts.a.count, test.parts.b.count]).toEqual([2, 1, 2]);
  expect((await train.parts.b.images([0]))[0]).toBe(9);
});

test('sub-folders of a domain are its classes, numbered alike in both splits', async () => {
  await putGrey('trainA/x/1.png', 'trainA/y/1.png', 'testA/y/1.png', 'trainB/1.png', 'testB/1.png');
  const { parts, specs } = await load({ split: 'test' });
  expect([parts.a.classNames, [...(parts.a.labels ?? [])], parts.b.labels]).toEqual([['x', 'y'], [1], null]);
  expect(specs.a.classes).toBe(0);
});

test.each([
  [['A/1.png', 'B/2.png'], 1],
  [['A/train/1.png', 'A/test/1.png', 'B/train/2.png', 'B/train/3.png', 'B/test/1.png'], 2],
])('A and B are domains too: %j', async (files, count) => {
  await putGrey(...files);
  expect((await load()).count).toBe(count);
});

test('what is left out is told of each domain', async () => {
  await putGrey('A/1.png', 'A/a.avif', 'B/1.png', 'B/b.txt');
  put(path('B/2.png'), 'no image');
  const set = await load({ onBadImage: 'skip' });
  expect(set.notes).toEqual([
    `unpaired:${path()} (a): 1 file of another format was left out: .avif 1`,
    `unpaired:${path()} (b): 1 file of another format was left out: .txt 1`,
  ]);
  expect(set.skipped.map(({ file }) => file)).toEqual(['2.png']);
});

test('domains may have channels of their own in a set that is put together by hand', () => {
  const [a, b] = [1, 3].map(
    (channels) => new ImageDataset({ name: 'x', channels, height: 1, width: 1, pixels: new Uint8Array(3) }),
  );
  const { specs } = new UnpairedDataset({ name: 'mixed', a, b });
  expect([specs.a.channels, specs.b.channels]).toEqual([1, 3]);
});

testWithData('emoji', 'reads the drawings of two hands as two domains', async (dataDir) => {
  const set = await unpairedFolder(join(dataDir, 'emoji'), { split: 'test', resolution: 64 });
  expect([set.parts.a.count, set.parts.b.count, set.specs.b]).toEqual([
    302,
    302,
    { channels: 3, height: 64, width: 64, classes: 0 },
  ]);
});
