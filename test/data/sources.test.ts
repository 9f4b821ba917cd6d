import {
  type DatasetOptions,
  datasetNames,
  hasTestSplit,
  loadDataset,
  loadImages,
} from '../../src/data/sources';
import { environment, idx, NOWHERE, plain, put, temporaryFolder } from './files';

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
    [
      'imagenet',
      'known are digits, mnist, fashion-mnist, cifar10, sign-language-digits, folder:PATH, pairs:PATH, unpaired:PATH, unpaired:NAME+NAME',
    ],
    ['toString', 'there is no data set "toString": known are'],
    ['folder:', 'folder: needs a path, e.g. folder:photos'],
    ['pairs:', 'pairs: needs a path, e.g. pairs:photos'],
    [
      'unpaired:',
      'unpaired: needs a path, e.g. unpaired:photos, or two data sets, e.g. unpaired:digits+mnist',
    ],
    ['unpaired:sign-language-digits+minst', 'there is no data set "minst": did you mean mnist?'],
    ['unpaired:mnits+sign-language-digits', 'there is no data set "mnits": did you mean mnist?'],
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
    const [one, two] = await Promise.all([1, 2].map((seed) => loadImages('digits', { resolution: 8, seed })));
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
    const set = await loadImages(`folder:${folder.path('photos')}`, { resolution: 8, channels: 1 });
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

  describe('of two domains', () => {
    const loadDomains = async (name: string, options: Partial<DatasetOptions> = {}) => {
      const set = await loadDataset(name, { resolution: 28, dataDir: folder.path(), ...options });
      if (set.kind !== 'unpaired') throw new Error(`two domains are expected, but ${set.kind} came`);
      return set;
    };
    const photos = () => `folder:${folder.path('photos')}`;
    beforeEach(async () => {
      put(folder.path('photos/a.png'), await plain('png', { width: 8, height: 8, colour: '#ff0000' }));
      for (const [set, split, count] of [
        ['mnist', 'train', 3],
        ['mnist', 't10k', 1],
        ['fashion-mnist', 'train', 2],
        ['fashion-mnist', 't10k', 2],
      ] as const) {
        const file = (kind: string) => folder.path(set, `${split}-${kind}-ubyte`);
        put(file('images-idx3'), idx([count, 28, 28], new Uint8Array(count * 784).fill(count)));
        put(file('labels-idx1'), idx([count], new Uint8Array(count)));
      }
    });

    test('takes two sets by their names, with their labels', async () => {
      const { name, parts, specs, count } = await loadDomains('unpaired:mnist+fashion-mnist');
      expect([name, parts.a.name, parts.b.name, count]).toEqual([
        'unpaired:mnist+fashion-mnist',
        'mnist',
        'fashion-mnist',
        3,
      ]);
      expect(specs.a).toEqual({ channels: 1, height: 28, width: 28, classes: 0 });
      expect(parts.b.spec.classes).toBe(10);
    });

    test('refuses sets of different channels, saying what to do, which helps', async () => {
      const name = `unpaired:mnist+${photos()}`;
      await expect(loadDomains(name)).rejects.toMatchObject({
        code: 'ERR_USAGE',
        message: `${name}: the images of mnist have 1 channels and those of ${photos()} 3: bring both to the same with --channels 3`,
      });
      const { parts } = await loadDomains(name, { channels: 3 });
      expect([parts.a.spec.channels, parts.b.spec.channels, parts.a.spec.classes]).toEqual([3, 3, 10]);
      const grey = await loadDomains(name, { channels: 1 });
      expect((await grey.parts.b.images([0]))[0]).toBe(76);
    });

    test('takes folders that have a + in their paths, and says how a name was read that it cannot take', async () => {
      for (const photo of ['a+b/one.png', 'c+d+e/one.png'])
        put(folder.path(photo), await plain('png', { width: 8, height: 8, colour: '#ff0000' }));
      const [ab, cde] = ['a+b', 'c+d+e'].map((name) => `folder:${folder.path(name)}`);
      for (const [first, second] of [
        [ab, cde],
        [ab, photos()],
        [photos(), cde],
        ['mnist', cde],
        [ab, 'mnist'],
      ]) {
        const { parts } = await loadDomains(`unpaired:${first}+${second}`, { channels: 3 });
        expect([parts.a.name, parts.b.name]).toEqual([first, second]);
      }
      await expect(loadDomains(`unpaired:${ab}+minst`)).rejects.toMatchObject({
        code: 'ERR_DATA_MISSING',
        message: expect.stringMatching(/minst does not exist; .*it was read as one path: two data sets are/),
      });
    });

    test('takes the test split of both', async () => {
      const { parts } = await loadDomains('unpaired:mnist+fashion-mnist', { split: 'test' });
      expect([parts.a.count, parts.b.count]).toEqual([1, 2]);
      await expect(
        loadDomains(`unpaired:mnist+${photos()}`, { split: 'test', channels: 3 }),
      ).rejects.toMatchObject({
        code: 'ERR_USAGE',
        message: expect.stringContaining('photos has no test split'),
      });
    });
  });

  test.each(['pairs', 'unpaired'])('tells that %s:PATH looks for a folder', async (kind) => {
    await expect(loadDataset(`${kind}:${folder.path('a+b')}`, { resolution: 8 })).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringContaining(`${folder.path('a+b')} does not exist`),
    });
  });

  test.each(['pairs:photos', 'unpaired:digits+mnist'])('gives no single images of %s', async (name) => {
    await expect(loadImages(name, { resolution: 8 })).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: `${name} has images a and b, where a set of single images is needed: try folder:PATH`,
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
      'pairs:PATH',
      'unpaired:PATH',
      'unpaired:NAME+NAME',
    ]);
  });

  test('reads the photographs of signs from DATA_DIR/sign-language-digits/Dataset', async () => {
    put(
      folder.path('sign-language-digits/Dataset/7/a.png'),
      await plain('png', { width: 8, height: 8, colour: 'red' }),
    );
    const set = await loadImages('sign-language-digits', { resolution: 8, dataDir: folder.path() });
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
    ['unpaired:digits+mnist', true],
    ['unpaired:digits+sign-language-digits', false],
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
    await expect(has()).rejects.toMatchObject({ code: 'ERR_DATA_LAYOUT' });
  });

  test.each([
    ['pairs', ['train/a.png'], 'val/a.png'],
    ['pairs', ['trainA/a.png', 'trainB/a.png', 'testA/a.png'], 'testB/a.png'],
    ['unpaired', ['trainA/a.png', 'trainB/a.png', 'valB/a.png'], 'valA/a.png'],
    ['unpaired', ['A/train/a.png', 'A/test/a.png', 'B/train/a.png'], 'B/test/a.png'],
  ])('looks into a folder of %s with %j and then %s', async (kind, before, last) => {
    const has = () => hasTestSplit(`${kind}:${folder.path('two')}`);
    for (const file of before) put(folder.path('two', file), 'x');
    expect(await has()).toBe(false);
    put(folder.path('two', last), 'x');
    expect(await has()).toBe(true);
  });
});
