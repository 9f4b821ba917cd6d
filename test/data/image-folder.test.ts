import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ImageDataset } from '../../src/data/dataset';
import { type ImageFolderOptions, imageFolder } from '../../src/data/image-folder';
import { environment, plain, put, temporaryFolder, testWithData } from './files';

const folder = temporaryFolder();
environment(() => ({ XDG_CACHE_HOME: folder.path('cache') }));

const load = (options: ImageFolderOptions = {}): Promise<ImageDataset> =>
  imageFolder(folder.path('set'), { resolution: 8, ...options });

function packs(): string[] {
  return readdirSync(folder.path('cache/libtorch-gan/packed'));
}

/** Two classes: two red and one blue image, of different sizes and formats. */
async function putClasses(): Promise<void> {
  put(folder.path('set/red/1.jpg'), await plain('jpeg', { width: 30, height: 20, colour: '#ff0000' }));
  put(folder.path('set/red/2.png'), await plain('png', { width: 8, height: 8, colour: '#ff0000' }));
  put(folder.path('set/blue/1.webp'), await plain('webp', { width: 9, height: 50, colour: '#0000ff' }));
}

describe('imageFolder', () => {
  test('names a folder that is missing, and one without images', async () => {
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringContaining(folder.path('set')),
    });
    mkdirSync(folder.path('set'));
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_DATA_EMPTY',
      message: expect.stringContaining(folder.path('set')),
    });
  });

  test.each<[ImageFolderOptions, string]>([
    [{ resolution: 0 }, 'resolution'],
    [{ resolution: 8.5 }, 'resolution'],
    [{ channels: 5 }, 'channels must be 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA), got 5'],
    [{ channels: 1.5 }, 'got 1.5'],
    [{ resolution: { height: 8, width: 0 } }, 'resolution must be an integer from 4 to 4096, got 0'],
    [{ fit: JSON.parse('"zoom"') }, 'fit must be crop, pad or stretch, got zoom'],
  ])('refuses %j', async (options, reason) => {
    await expect(load(options)).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringContaining(reason),
    });
  });

  test('stops at a corrupt JPEG, naming it and what to do, and leaves no packed file', async () => {
    await putClasses();
    put(folder.path('set/red/0.jpg'), 'not a JPEG');
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_BAD_IMAGE',
      message: expect.stringMatching(
        /red\/0\.jpg is not a readable image: .*; remove it, or .* --on-bad-image skip$/,
      ),
    });
    expect(packs()).toEqual([]);
  });

  test('leaves bad images out where asked to, and tells which, also when it is read again', async () => {
    await putClasses();
    put(
      folder.path('set/blue/0.jpg'),
      (await plain('jpeg', { width: 99, height: 99, colour: '#0000ff' })).subarray(0, 300),
    );
    symlinkSync(folder.path('nowhere'), folder.path('set/red/link.png'));
    for (let time = 0; time < 2; time++) {
      const set = await load({ onBadImage: 'skip' });
      expect([set.count, set.histogram()]).toEqual([3, [1, 2]]);
      expect(set.skipped.map(({ file }) => file)).toEqual(['blue/0.jpg', 'red/link.png']);
      expect(set.skipped[1].reason).toContain('ENOENT');
    }
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_BAD_IMAGE',
      message: expect.stringContaining('blue/0.jpg'),
    });
  });

  test('says so when not one image can be decoded', async () => {
    put(folder.path('set/a.jpg'), 'no');
    put(folder.path('set/b.png'), '');
    await expect(load({ onBadImage: 'skip' })).rejects.toMatchObject({
      code: 'ERR_DATA_EMPTY',
      message: expect.stringMatching(/none of the 2 images in .*set can be decoded; the first: .*a\.jpg/),
    });
    expect(packs()).toEqual([]);
  });

  test('names the place where the packed file cannot be written', async () => {
    await putClasses();
    put(folder.path('cache/libtorch-gan'), 'a file');
    await expect(load()).rejects.toMatchObject({
      code: 'ERR_CACHE',
      message: expect.stringContaining('XDG_CACHE_HOME'),
    });
  });

  test('makes labels of sub-folders, and squares of images of any size', async () => {
    await putClasses();
    const set = await load();
    expect(set.spec).toEqual({ channels: 3, height: 8, width: 8, classes: 2 });
    expect(set.name).toBe(`folder:${folder.path('set')}`);
    expect([set.classNames, [...(set.labels ?? [])]]).toEqual([
      ['blue', 'red'],
      [0, 1, 1],
    ]);
    const pixels = await set.pixels.readAll();
    expect(pixels.length).toBe(3 * 3 * 64);
    const planes = Array.from({ length: 9 }, (_, i) => Math.round(pixels[i * 64 + 30] / 16) * 16);
    expect(planes).toEqual([0, 0, 256, 256, 0, 0, 256, 0, 0]);
  });

  test('without sub-folders has no labels', async () => {
    put(folder.path('set/a.png'), await plain('png', { width: 8, height: 8, colour: '#808080' }));
    const set = await load({ channels: 1 });
    expect([set.spec, set.labels]).toEqual([{ channels: 1, height: 8, width: 8, classes: 0 }, null]);
    expect(new Set(await set.pixels.readAll())).toEqual(new Set([128]));
  });

  test('keeps the order of the files, however long each takes to decode', async () => {
    for (let i = 0; i < 20; i++) {
      const size = i % 5 === 0 ? 700 : 8;
      const colour = `rgb(${i * 10}, 0, 0)`;
      put(
        folder.path(`set/${String(i).padStart(2, '0')}.png`),
        await plain('png', { width: size, height: size, colour }),
      );
    }
    const pixels = await (await load()).pixels.readAll();
    expect(Array.from({ length: 20 }, (_, i) => pixels[i * 192])).toEqual(
      Array.from({ length: 20 }, (_, i) => i * 10),
    );
  });

  test('decodes once, reporting how far it is, and reads the packed file ever after', async () => {
    await putClasses();
    const done: number[] = [];
    const first = await load({ progress: (progress) => done.push(progress.done) });
    expect(done).toEqual([1, 2, 3]);
    const again = await load({ progress: () => done.push(-1) });
    expect(done).toEqual([1, 2, 3]);
    expect(await again.pixels.readAll()).toEqual(await first.pixels.readAll());
    expect(again.labels).toEqual(first.labels);
    expect(packs()).toHaveLength(1);
  });

  test.each([1, 2, 3, 4])('has images of %d channels, higher than wide where asked to', async (channels) => {
    await putClasses();
    const set = await load({ channels, resolution: { height: 12, width: 8 } });
    expect(set.spec).toEqual({ channels, height: 12, width: 8, classes: 2 });
    const [first] = [await set.images([0])];
    const blue = { 1: [29], 2: [29, 255], 3: [0, 0, 255], 4: [0, 0, 255, 255] }[channels];
    const planes = Array.from({ length: channels }, (_, plane) => first[plane * 96 + 50]);
    for (const [plane, value] of (blue ?? []).entries())
      expect(Math.abs(planes[plane] - value)).toBeLessThanOrEqual(3);
  });

  test('tells what was left out', async () => {
    await putClasses();
    put(folder.path('set/red/a.heic'), 'x');
    mkdirSync(folder.path('set/green'));
    for (let time = 0; time < 2; time++)
      expect((await load()).notes).toEqual([
        '1 file of another format was left out: .heic 1',
        'no images are in the sub-folder green: it is no class',
      ]);
  });

  test('decodes again for another resolution, fit, other channels, or a changed, new or removed file', async () => {
    await putClasses();
    await load();
    await load({ resolution: 16 });
    await load({ channels: 1 });
    await load({ fit: 'pad' });
    utimesSync(folder.path('set/red/1.jpg'), 1, 1);
    await load();
    put(folder.path('set/red/3.png'), await plain('png', { width: 8, height: 8, colour: '#ff0000' }));
    expect((await load()).count).toBe(4);
    expect(packs()).toHaveLength(6);
  });

  test('makes a packed file again that has a flipped bit, with a note', async () => {
    await putClasses();
    const first = await load();
    const whole = await first.pixels.readAll();
    const [name] = packs();
    const path = folder.path('cache/libtorch-gan/packed', name);
    const bytes = readFileSync(path);
    for (const place of [0, 300, bytes.length - 1]) {
      const spoilt = Buffer.from(bytes);
      spoilt[place] ^= 4;
      put(path, spoilt);
      const again = await load();
      expect(again.notes).toEqual([
        expect.stringMatching(/^the packed images in .*\.pack are damaged: .*; they were decoded again$/),
      ]);
      expect([await again.pixels.readAll(), again.labels]).toEqual([whole, first.labels]);
      expect(readFileSync(path)).toEqual(bytes);
      expect((await load()).notes).toEqual([]);
    }
  });

  test('makes a damaged packed file again', async () => {
    await putClasses();
    const whole = await (await load()).pixels.readAll();
    const [name] = packs();
    const path = folder.path('cache/libtorch-gan/packed', name);
    const { size } = statSync(path);
    truncateSync(path, size - 100);
    const done: number[] = [];
    const set = await load({ progress: (progress) => done.push(progress.done) });
    expect(done.length).toBe(3);
    expect(await set.pixels.readAll()).toEqual(whole);
    expect(readFileSync(path).length).toBe(size);
  });

  describe('with sub-folders for splits', () => {
    const one = (path: string, colour = '#ff0000') =>
      plain('png', { width: 8, height: 8, colour }).then((file) => put(folder.path('set', path), file));

    test.each(['val', 'valid', 'validation', 'test', 'Test'])(
      'train and %s are no classes',
      async (heldOut) => {
        for (const path of ['train/a.png', 'train/b.png', `${heldOut}/c.png`]) await one(path);
        const [train, test] = [await load(), await load({ split: 'test' })];
        expect([train.count, train.labels, test.count, test.labels]).toEqual([2, null, 1, null]);
      },
    );

    test('prefers test to val', async () => {
      for (const path of ['train/a.png', 'val/b.png', 'val/c.png', 'test/d.png']) await one(path);
      expect((await load({ split: 'test' })).count).toBe(1);
    });

    test('takes val where test is empty', async () => {
      for (const path of ['train/a.png', 'val/b.png', 'val/c.png']) await one(path);
      mkdirSync(folder.path('set/test'));
      expect((await load({ split: 'test' })).count).toBe(2);
    });

    test('have one numbering of classes, that of train', async () => {
      for (const path of ['train/a/1.png', 'train/b/1.png', 'val/b/2.png']) await one(path);
      const test = await load({ split: 'test' });
      expect([test.classNames, [...(test.labels ?? [])]]).toEqual([['a', 'b'], [1]]);
    });

    test('have it also where the test split was opened by itself before, or train has one class more since', async () => {
      for (const path of ['train/cat/1.png', 'train/dog/1.png', 'train/fox/1.png']) await one(path);
      for (const path of ['test/dog/2.png', 'test/fox/2.png', 'test/fox/3.png']) await one(path);
      put(folder.path('set/test/dog/0.png'), 'not a PNG');
      const onBadImage = 'skip';
      const alone = await imageFolder(folder.path('set/test'), { resolution: 8, onBadImage });
      expect([alone.classNames, [...(alone.labels ?? [])]]).toEqual([
        ['dog', 'fox'],
        [0, 1, 1],
      ]);
      const test = await load({ split: 'test', onBadImage });
      expect([test.classNames, [...(test.labels ?? [])], test.spec.classes]).toEqual([
        ['cat', 'dog', 'fox'],
        [1, 2, 2],
        3,
      ]);
      await one('train/bat/1.png');
      const later = await load({ split: 'test', onBadImage });
      expect([later.classNames, [...(later.labels ?? [])]]).toEqual([
        ['bat', 'cat', 'dog', 'fox'],
        [2, 3, 3],
      ]);
      expect(packs()).toHaveLength(1);
    });

    test.each([
      [
        'a class that train lacks',
        ['train/a/1.png', 'val/b/1.png'],
        'train has the classes a and val has the classes b',
      ],
      [
        'classes where train has none',
        ['train/1.png', 'val/b/1.png'],
        'train has no classes and val has the classes b',
      ],
      [
        'no classes where train has some',
        ['train/a/1.png', 'val/1.png'],
        'train has the classes a and val has no classes',
      ],
    ])('refuses %s', async (_, paths, reason) => {
      for (const path of paths) await one(path);
      for (const split of ['train', 'test'] as const)
        await expect(load({ split })).rejects.toMatchObject({
          code: 'ERR_DATA_LAYOUT',
          message: `${folder.path('set')}: train and val must have the same classes, but ${reason}`,
        });
    });

    test('names an empty train', async () => {
      await one('val/a.png');
      mkdirSync(folder.path('set/train'));
      await expect(load()).rejects.toMatchObject({
        code: 'ERR_DATA_EMPTY',
        message: expect.stringContaining(`${folder.path('set/train')} holds no images`),
      });
    });

    test.each([
      ['another folder is beside train', ['train/a.png', 'bus/a.png'], ['bus', 'train']],
      ['there is no train', ['test/a.png', 'val/a.png'], ['test', 'val']],
    ])('are classes where %s, and have no test split', async (_, paths, classes) => {
      for (const path of paths) await one(path);
      expect((await load()).classNames).toEqual(classes);
      await expect(load({ split: 'test' })).rejects.toMatchObject({
        code: 'ERR_USAGE',
        message: expect.stringContaining('set has no test split: leave the split out'),
      });
    });

    test('are refused beside another folder: images to hold out would be learned as a class', async () => {
      for (const path of ['train/a.png', 'test/a.png', 'extra/a.png']) await one(path);
      for (const split of ['train', 'test'] as const)
        await expect(load({ split })).rejects.toMatchObject({
          code: 'ERR_DATA_LAYOUT',
          message: `${folder.path('set')} holds train and test, the parts of a split, and extra beside them, which would make all of them classes: move extra out, or where they are classes, rename train`,
        });
    });

    test('are a train alone, too', async () => {
      for (const path of ['train/cat/a.png', 'train/dog/a.png']) await one(path);
      expect((await load()).classNames).toEqual(['cat', 'dog']);
      await expect(load({ split: 'test' })).rejects.toMatchObject({
        code: 'ERR_USAGE',
        message: expect.stringContaining('set has no test split: leave the split out'),
      });
    });

    test('have no test split where the others are empty', async () => {
      await one('train/a.png');
      mkdirSync(folder.path('set/val'));
      expect((await load()).labels).toBeNull();
      await expect(load({ split: 'test' })).rejects.toMatchObject({ code: 'ERR_USAGE' });
    });
  });

  testWithData(
    'sign-language-digits',
    'decodes real photographs, the three of 9 million pixels among them',
    async (dataDir) => {
      const set = await imageFolder(join(dataDir, 'sign-language-digits/Dataset/7'), { resolution: 32 });
      expect([set.count, set.labels, set.skipped]).toEqual([206, null, []]);
      const pixels = await set.pixels.readAll();
      expect(pixels.length).toBe(206 * 3 * 32 * 32);
      const mean = pixels.reduce((a, b) => a + b, 0) / pixels.length;
      expect(mean).toBeGreaterThan(80);
      expect(mean).toBeLessThan(220);
    },
  );
});
