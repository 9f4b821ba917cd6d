import { datasetNames, hasTestSplit, loadDataset } from '../../src/data/sources';
import { environment, NOWHERE, plain, put, temporaryFolder } from './files';

const folder = temporaryFolder();
environment(() => ({
  XDG_CACHE_HOME: folder.path('cache'),
  LIBTORCH_GAN_DATA: undefined,
  LIBTORCH_GAN_MIRROR: NOWHERE,
}));

describe('loadDataset', () => {
  test.each([
    ['minst', 'there is no data set "minst": did you mean mnist?'],
    ['fashion_mnist', 'did you mean fashion-mnist?'],
    ['imagenet', 'known are digits, mnist, fashion-mnist, cifar10, sign-language-digits, folder:PATH'],
    ['toString', 'there is no data set "toString": known are'],
    ['folder:', 'folder: needs a path'],
  ])('refuses the name %s', async (name, reason) => {
    await expect(loadDataset(name, { resolution: 32 })).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringContaining(reason),
    });
  });

  test('refuses channels that a set does not have', async () => {
    await expect(loadDataset('digits', { resolution: 8, channels: 3 })).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringContaining('digits have 1 channels, but 3 are asked for'),
    });
  });

  test('tells where to get the photographs that are not downloaded', async () => {
    await expect(
      loadDataset('sign-language-digits', { resolution: 32, dataDir: folder.path() }),
    ).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringMatching(
        /sign-language-digits\/Dataset does not exist.*https:\/\/github\.com\/ardamavi/,
      ),
    });
  });

  test.each([
    ['LIBTORCH_GAN_DATA', () => folder.path('mine'), 'mine/mnist'],
    ['the cache', () => undefined, 'cache/libtorch-gan/data/mnist'],
  ])('keeps data sets in %s where no folder is given', async (_, variable, place) => {
    const value = variable();
    if (value) process.env.LIBTORCH_GAN_DATA = value;
    await expect(loadDataset('mnist', { resolution: 32 })).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringContaining(folder.path(place)),
    });
  });

  test('draws digits with the seed and resolution asked for', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map((seed) => loadDataset('digits', { resolution: 8, seed })),
    );
    expect([one.name, one.count, one.spec]).toEqual([
      'digits',
      60_000,
      { channels: 1, height: 8, width: 8, classes: 10 },
    ]);
    expect(one.histogram()).toEqual(new Array(10).fill(6_000));
    expect(await one.images([0])).not.toEqual(await two.images([0]));
  });

  test('reads any folder', async () => {
    put(folder.path('photos/a.png'), await plain('png', { width: 8, height: 8, colour: 'red' }));
    const set = await loadDataset(`folder:${folder.path('photos')}`, { resolution: 8, channels: 1 });
    expect([set.count, set.spec.channels]).toEqual([1, 1]);
  });

  test('refuses a test split of folders that have none', async () => {
    put(folder.path('photos/a.png'), 'x');
    for (const name of [`folder:${folder.path('photos')}`, 'sign-language-digits'])
      await expect(loadDataset(name, { resolution: 8, split: 'test' })).rejects.toMatchObject({
        code: 'ERR_USAGE',
        message: `${name} has no test split: leave the split out, or give a folder of its own`,
      });
  });

  test('has a name for every set', () => {
    expect(datasetNames).toEqual([
      'digits',
      'mnist',
      'fashion-mnist',
      'cifar10',
      'sign-language-digits',
      'folder:PATH',
    ]);
  });

  test('reads the photographs of signs from DATA_DIR/sign-language-digits/Dataset', async () => {
    put(
      folder.path('sign-language-digits/Dataset/7/a.png'),
      await plain('png', { width: 8, height: 8, colour: 'red' }),
    );
    const set = await loadDataset('sign-language-digits', { resolution: 8, dataDir: folder.path() });
    expect([set.name, set.classNames, set.histogram()]).toEqual(['sign-language-digits', ['7'], [1]]);
  });
});

describe('hasTestSplit', () => {
  test('names a folder that is missing', async () => {
    await expect(hasTestSplit(`folder:${folder.path('none')}`)).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
    });
  });

  test.each([
    ['digits', true],
    ['mnist', true],
    ['sign-language-digits', false],
    ['unknown', false],
    ['toString', false],
  ])('knows of %s whether it has one', async (name, expected) => {
    expect(await hasTestSplit(name)).toBe(expected);
  });

  test('looks into a folder', async () => {
    const has = () => hasTestSplit(`folder:${folder.path('photos')}`);
    put(folder.path('photos/train/a.png'), 'x');
    expect(await has()).toBe(false);
    put(folder.path('photos/val/a.png'), 'x');
    expect(await has()).toBe(true);
    put(folder.path('photos/dogs/a.png'), 'x');
    expect(await has()).toBe(false);
  });
});
