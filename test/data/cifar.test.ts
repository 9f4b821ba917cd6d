import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { cifar10, readCifarBatch, unpackCifar } from '../../src/data/cifar';
import { environment, NOWHERE, put, temporaryFolder } from './files';

const folder = temporaryFolder();
environment(() => ({ LIBTORCH_GAN_MIRROR: NOWHERE, LIBTORCH_GAN_DATA: folder.path() }));

/** Records whose red, green and blue planes are 10·i + 1, 10·i + 2 and 10·i + 3, cut to a byte. */
function records(labels: number[]): Buffer {
  const planes = labels.map((label, i) =>
    Buffer.concat([Buffer.from([label]), ...[1, 2, 3].map((c) => Buffer.alloc(1024, (10 * i + c) % 256))]),
  );
  return Buffer.concat(planes);
}

/** A tar archive of regular files. */
function tar(files: Record<string, Uint8Array>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, contents]) => {
    const header = Buffer.alloc(512);
    header.write(name);
    header.write(`${contents.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('0', 156);
    return [header, contents, Buffer.alloc((512 - (contents.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const BATCHES = [
  'data_batch_1',
  'data_batch_2',
  'data_batch_3',
  'data_batch_4',
  'data_batch_5',
  'test_batch',
];
const archive = (names = BATCHES): Buffer =>
  gzipSync(
    tar(Object.fromEntries(names.map((name, i) => [`cifar-10-batches-bin/${name}.bin`, records([i])]))),
  );

describe('readCifarBatch', () => {
  test('names a file that is missing', async () => {
    await expect(readCifarBatch(folder.path('none.bin'), { records: 1 })).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringContaining(`${folder.path('none.bin')} does not exist`),
    });
  });

  test('names a file of the wrong length, and both lengths', async () => {
    put(folder.path('batch.bin'), records([1, 2]).subarray(0, -1));
    await expect(readCifarBatch(folder.path('batch.bin'), { records: 2 })).rejects.toMatchObject({
      code: 'ERR_DATA_CORRUPT',
      message: expect.stringMatching(/batch\.bin.*2 records of 3073 bytes are 6146 bytes, but it holds 6145/),
    });
  });

  test('names the record whose label is out of range', async () => {
    put(folder.path('batch.bin'), records([1, 10]));
    await expect(readCifarBatch(folder.path('batch.bin'), { records: 2 })).rejects.toMatchObject({
      code: 'ERR_DATA_CORRUPT',
      message: expect.stringContaining('the label of record 1 is 10, outside 0–9'),
    });
  });

  test('reads labels and planes', async () => {
    put(folder.path('batch.bin'), records([8, 0, 9]));
    const { labels, pixels } = await readCifarBatch(folder.path('batch.bin'), { records: 3 });
    expect([...labels]).toEqual([8, 0, 9]);
    expect([0, 1, 2, 3, 8].map((plane) => pixels[plane * 1024 + 77])).toEqual([1, 2, 3, 11, 23]);
  });
});

describe('cifar10', () => {
  test('that is missing and cannot be downloaded names archive, folder and URL', async () => {
    await expect(cifar10()).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringMatching(
        /cifar10\/cifar-10-binary\.tar\.gz is missing .* from .*127\.0\.0\.1.*\(170\.1 MB\)/,
      ),
    });
    expect(readdirSync(folder.path('cifar10'))).toEqual([]);
  });

  test('names the one batch that is missing', async () => {
    put(folder.path('cifar10/data_batch_2.bin'), '');
    await expect(cifar10()).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringContaining(folder.path('cifar10/data_batch_1.bin')),
    });
  });

  test.each(['cifar10', 'cifar-10-batches-bin'])(
    'is read from the folder %s, at its own size or another',
    async (name) => {
      put(folder.path(name, 'test_batch.bin'), records(Array.from({ length: 10_000 }, (_, i) => i % 10)));
      const set = await cifar10({ split: 'test' });
      expect([set.name, set.count, set.spec]).toEqual([
        'cifar10',
        10_000,
        { channels: 3, height: 32, width: 32, classes: 10 },
      ]);
      expect(set.classNames[8]).toBe('ship');
      expect(set.histogram()).toEqual(new Array(10).fill(1_000));
      const image = await set.images([13]);
      expect([0, 1024, 2048].map((at) => image[at])).toEqual([131, 132, 133]);
      const small = await (await cifar10({ split: 'test', resolution: 8 })).images([13]);
      expect([...small]).toEqual([131, 132, 133].flatMap((value) => new Array(64).fill(value)));
    },
  );
});

describe('unpackCifar', () => {
  test.each<[string, () => Uint8Array, string]>([
    ['that is no gzip file', () => Buffer.from('not zipped'), 'does not unzip'],
    ['that is cut off', () => archive().subarray(0, -20), 'does not unzip'],
    [
      'that ends inside a file',
      () => gzipSync(tar({ 'x/test_batch.bin': records([1]) }).subarray(0, 1000)),
      'ends inside "x/test_batch.bin"',
    ],
    ['that lacks a file', () => archive(BATCHES.slice(1)), 'has no data_batch_1.bin'],
  ])('names an archive %s', async (_, bytes, reason) => {
    put(folder.path('a.tar.gz'), bytes());
    await expect(unpackCifar(folder.path('a.tar.gz'), folder.path())).rejects.toMatchObject({
      code: 'ERR_DATA_CORRUPT',
      message: expect.stringMatching(new RegExp(`a\\.tar\\.gz.*${reason}`)),
    });
  });

  test('writes the batches and nothing else', async () => {
    put(
      folder.path('a.tar.gz'),
      gzipSync(
        tar({
          '../../evil.txt': Buffer.from('x'),
          ...Object.fromEntries(BATCHES.map((name, i) => [`cifar-10-batches-bin/${name}.bin`, records([i])])),
        }),
      ),
    );
    await unpackCifar(folder.path('a.tar.gz'), folder.path());
    expect(readdirSync(folder.path()).sort()).toEqual(
      ['a.tar.gz', ...BATCHES.map((name) => `${name}.bin`)].sort(),
    );
    expect(readFileSync(folder.path('test_batch.bin'))).toEqual(records([5]));
    expect(existsSync(folder.path('../../evil.txt'))).toBe(false);
  });
});
