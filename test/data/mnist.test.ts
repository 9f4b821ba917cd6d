import { fashionMnist, mnist } from '../../src/data/mnist';
import { environment, idx, NOWHERE, put, temporaryFolder, testWithData } from './files';

const folder = temporaryFolder();
environment(() => ({ LIBTORCH_GAN_MIRROR: NOWHERE, LIBTORCH_GAN_DATA: folder.path() }));

const IMAGES = 'mnist/train-images-idx3-ubyte';
const LABELS = 'mnist/train-labels-idx1-ubyte';

/** Three made images, each with its own grey from 1 on, and their labels. */
function putMade({ labels = [7, 0, 9], side = 28 } = {}): void {
  const pixels = Array.from({ length: 3 * side * side }, (_, i) => 1 + Math.floor(i / (side * side)));
  put(folder.path(`${IMAGES}.gz`), idx([3, side, side], pixels), { gzip: true });
  put(folder.path(LABELS), idx([labels.length], labels));
}

describe('mnist', () => {
  test.each([3, 33.5, 5000, Number.NaN])('refuses the resolution %d', async (resolution) => {
    await expect(mnist({ resolution })).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringContaining('mnist: resolution'),
    });
  });

  test('that is missing and cannot be downloaded names file, folder and URL', async () => {
    await expect(mnist()).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringContaining(`${folder.path('mnist/train-images-idx3-ubyte.gz')} is missing`),
    });
    await expect(mnist({ split: 'test' })).rejects.toMatchObject({
      message: expect.stringContaining(`from ${NOWHERE}/mnist/t10k-images-idx3-ubyte.gz (1.6 MB)`),
    });
  });

  test('with a label file of another count names it', async () => {
    putMade({ labels: [1, 2] });
    await expect(mnist()).rejects.toMatchObject({
      code: 'ERR_DATA_CORRUPT',
      message: expect.stringMatching(
        /labels-idx1-ubyte: .*images-idx3-ubyte.gz has 3 images, but there are 2 labels/,
      ),
    });
  });

  test('with a label outside 0–9 names file, place and label', async () => {
    putMade({ labels: [1, 10, 2] });
    await expect(mnist()).rejects.toMatchObject({
      code: 'ERR_DATA_CORRUPT',
      message: expect.stringMatching(/labels-idx1-ubyte: label 1 is 10, outside 0–9/),
    });
  });

  test('with images of another size names the file', async () => {
    putMade({ side: 27 });
    await expect(mnist()).rejects.toMatchObject({
      code: 'ERR_DATA_CORRUPT',
      message: expect.stringMatching(/images-idx3-ubyte.gz: 28×28 images are expected, but they are 27×27/),
    });
  });

  test('is read gzipped or not, with the labels of its files', async () => {
    putMade();
    const set = await mnist({ resolution: 28 });
    expect([set.name, set.count, set.spec]).toEqual([
      'mnist',
      3,
      { channels: 1, height: 28, width: 28, classes: 10 },
    ]);
    expect([...(set.labels ?? [])]).toEqual([7, 0, 9]);
    expect(set.histogram()).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 0, 1]);
    expect((await set.images([2]))[0]).toBe(3);
  });

  test('is surrounded with two black pixels at 32, and enlarged at 64', async () => {
    putMade();
    const padded = await (await mnist({ resolution: 32 })).images([1]);
    const expected = Array.from({ length: 1024 }, (_, i) =>
      [i % 32, Math.floor(i / 32)].every((k) => k >= 2 && k < 30) ? 2 : 0,
    );
    expect([...padded]).toEqual(expected);
    expect(new Set(await (await mnist({ resolution: 64 })).images([1]))).toEqual(new Set([2]));
  });

  testWithData('mnist', 'has its known labels, class counts and mean', async (dataDir) => {
    const train = await mnist({ dataDir, resolution: 28 });
    expect([...(train.labels ?? []).slice(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    expect(train.histogram()).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    const pixels = await train.pixels.readAll();
    expect(pixels.reduce((a, b) => a + b, 0) / pixels.length / 255).toBeCloseTo(0.1307, 4);
    const test = await mnist({ dataDir, split: 'test' });
    expect(test.histogram()).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  });
});

describe('fashionMnist', () => {
  testWithData('fashion-mnist', 'has its known labels, class counts and mean', async (dataDir) => {
    const train = await fashionMnist({ dataDir, resolution: 28 });
    expect([...(train.labels ?? []).slice(0, 5)]).toEqual([9, 0, 0, 3, 0]);
    expect(train.classNames[9]).toBe('Ankle boot');
    expect(train.histogram()).toEqual(new Array(10).fill(6000));
    const pixels = await train.pixels.readAll();
    expect(pixels.reduce((a, b) => a + b, 0) / pixels.length / 255).toBeCloseTo(0.286, 3);
  });
});
