import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { listImages } from '../../src/data/image-list';
import { put, temporaryFolder, testWithData } from './files';

const folder = temporaryFolder();

async function listed(): Promise<[string, number][]> {
  return (await listImages(folder.path('set'))).images.map(({ file, label }) => [file, label]);
}

describe('listImages', () => {
  test('names a folder that is missing, or a file', async () => {
    await expect(listImages(folder.path('none'))).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringContaining(`${folder.path('none')} does not exist`),
    });
    put(folder.path('file.png'), 'x');
    await expect(listImages(folder.path('file.png'))).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringContaining('is not a folder'),
    });
  });

  test('says what an empty folder should hold, also when it has other files', async () => {
    mkdirSync(folder.path('set/empty-class'), { recursive: true });
    for (const name of [
      'notes.txt',
      'photo.tiff',
      '.hidden.png',
      '.git/a.png',
      'class/readme.md',
      '__MACOSX/a.png',
    ])
      put(folder.path('set', name), 'x');
    await expect(listed()).rejects.toMatchObject({
      code: 'ERR_DATA_EMPTY',
      message: expect.stringMatching(/set holds no images: JPEG, PNG or WebP files are expected/),
    });
  });

  test('does not guess what images beside class folders are', async () => {
    put(folder.path('set/a.png'), 'x');
    put(folder.path('set/cats/b.png'), 'x');
    await expect(listed()).rejects.toMatchObject({
      code: 'ERR_DATA_LAYOUT',
      message: expect.stringMatching(/both images \(a\.png, …\) and class folders with images \(cats, …\)/),
    });
  });

  test('lists a flat folder by name, whatever the case of the extension', async () => {
    for (const name of ['b.JPG', 'a.webp', 'c.jpeg', 'B.png', 'd.gif']) put(folder.path('set', name), 'x');
    expect(await listed()).toEqual(['B.png', 'a.webp', 'b.JPG', 'c.jpeg'].map((name) => [name, 0]));
    expect((await listImages(folder.path('set'))).classNames).toEqual([]);
  });

  test('makes sorted sub-folders classes, with all that is below them', async () => {
    for (const name of ['dogs/1.png', 'cats/2.png', 'cats/old/1.png', 'none/x.txt', 'cats/.x/3.png'])
      put(folder.path('set', name), 'x');
    expect(await listed()).toEqual([
      ['cats/2.png', 0],
      ['cats/old/1.png', 0],
      ['dogs/1.png', 1],
    ]);
    expect((await listImages(folder.path('set'))).classNames).toEqual(['cats', 'dogs']);
  });

  test('follows symbolic links, but not in circles', async () => {
    put(folder.path('elsewhere/a.png'), 'x');
    put(folder.path('set/cats/b.png'), 'x');
    symlinkSync(folder.path('elsewhere'), folder.path('set/linked'));
    symlinkSync(folder.path('set'), folder.path('set/cats/up'));
    symlinkSync(folder.path('set/cats'), folder.path('set/cats/self'));
    symlinkSync(folder.path('elsewhere'), folder.path('elsewhere/again'));
    expect(await listed()).toEqual([
      ['cats/b.png', 0],
      ['linked/a.png', 1],
    ]);
  });

  test('keeps a link to nowhere, for decoding to complain about', async () => {
    mkdirSync(folder.path('set'));
    symlinkSync(folder.path('gone.png'), folder.path('set/a.png'));
    expect((await listImages(folder.path('set'))).images).toEqual([
      { file: 'a.png', label: 0, bytes: 0, modified: 0 },
    ]);
  });

  testWithData('sign-language-digits', 'lists 2,062 real photographs in ten classes', async (dataDir) => {
    const { images, classNames } = await listImages(join(dataDir, 'sign-language-digits/Dataset'));
    expect(classNames.join('')).toBe('0123456789');
    const counts = classNames.map((_, label) => images.filter((image) => image.label === label).length);
    expect(counts).toEqual([205, 206, 206, 206, 207, 207, 207, 206, 208, 204]);
  });
});
