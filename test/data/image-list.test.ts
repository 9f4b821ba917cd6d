import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readFolder } from '../../src/data/folder-contents';
import { type ImageList, listImages } from '../../src/data/image-list';
import { put, temporaryFolder, testWithData } from './files';

const folder = temporaryFolder();

const list = async (path = folder.path('set')): Promise<ImageList> => listImages(await readFolder(path));

async function listed(): Promise<[string, number][]> {
  return (await list()).images.map(({ file, label }) => [file, label]);
}

async function notes(...files: string[]): Promise<readonly string[]> {
  for (const file of files) put(folder.path('set', file), 'x');
  return (await list()).notes;
}

describe('listImages', () => {
  test('names a folder that is missing, or a file', async () => {
    await expect(list(folder.path('none'))).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringContaining(`${folder.path('none')} does not exist`),
    });
    put(folder.path('file.png'), 'x');
    await expect(list(folder.path('file.png'))).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringContaining('is not a folder'),
    });
  });

  test('says what an empty folder should hold, also when it has other files', async () => {
    mkdirSync(folder.path('set/empty-class'), { recursive: true });
    for (const name of [
      'notes.txt',
      'photo.heic',
      '.hidden.png',
      '.git/a.png',
      'class/readme.md',
      '__MACOSX/a.png',
    ])
      put(folder.path('set', name), 'x');
    await expect(listed()).rejects.toMatchObject({
      code: 'ERR_DATA_EMPTY',
      message: expect.stringMatching(
        /set holds no images: JPEG, PNG, WebP, GIF, TIFF or BMP files are expected in it, .* a class, but there are others: \.heic 1, \.md 1, \.txt 1$/,
      ),
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
    const more = ['e.jfif', 'f.BMP', 'g.gif', 'h.tif', 'i.tiff'];
    for (const name of ['b.JPG', 'a.webp', 'c.jpeg', 'B.png', 'd.heic', ...more])
      put(folder.path('set', name), 'x');
    const names = ['B.png', 'a.webp', 'b.JPG', 'c.jpeg', ...more];
    expect(await listed()).toEqual(names.map((name) => [name, 0]));
    expect((await list()).classNames).toEqual([]);
  });

  test('makes sorted sub-folders classes, with all that is below them', async () => {
    for (const name of ['dogs/1.png', 'cats/2.png', 'cats/old/1.png', 'none/x.txt', 'cats/.x/3.png'])
      put(folder.path('set', name), 'x');
    expect(await listed()).toEqual([
      ['cats/2.png', 0],
      ['cats/old/1.png', 0],
      ['dogs/1.png', 1],
    ]);
    expect((await list()).classNames).toEqual(['cats', 'dogs']);
  });

  test('notes what is left out, by kind and number, the most frequent first', async () => {
    expect(await notes('a.png')).toEqual([]);
    expect(await notes('b.AVIF')).toEqual(['1 file of another format was left out: .avif 1']);
    expect(await notes('LICENSE', 'c.avif', 'a.json', 'd.txt', 'e.txt')).toEqual([
      '6 files of other formats were left out: .avif 2, .txt 2, .json 1, without extension 1',
    ]);
  });

  test('notes eight kinds of files by name, and the others together', async () => {
    expect(await notes('a.png', ...[...'abcdefghij'].map((kind) => `x.${kind}`))).toEqual([
      '10 files of other formats were left out: .a 1, .b 1, .c 1, .d 1, .e 1, .f 1, .g 1, .h 1, others 2',
    ]);
  });

  test('passes over what file managers leave behind', async () => {
    const clutter = ['.DS_Store', 'Thumbs.db', 'desktop.ini', '.hidden.txt', '.git/config', '__MACOSX/a.txt'];
    expect(await notes('a.png', ...clutter)).toEqual([]);
  });

  test('names class folders without images, which are no classes', async () => {
    mkdirSync(folder.path('set/dogs/old'), { recursive: true });
    expect(await notes('cats/a.png')).toEqual(['no images are in the sub-folder dogs: it is no class']);
    expect(await notes('birds/a.heic')).toEqual([
      '1 file of another format was left out: .heic 1',
      'no images are in the sub-folders birds, dogs: they are no classes',
    ]);
    expect((await list()).classNames).toEqual(['cats']);
  });

  test('says nothing of an empty folder beside images, which is no class folder', async () => {
    mkdirSync(folder.path('set/empty'), { recursive: true });
    expect(await notes('a.png')).toEqual([]);
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
    expect((await list()).images).toEqual([{ file: 'a.png', label: 0, bytes: 0, modified: 0 }]);
  });

  testWithData('sign-language-digits', 'lists 2,062 real photographs in ten classes', async (dataDir) => {
    const { images, classNames } = await list(join(dataDir, 'sign-language-digits/Dataset'));
    expect(classNames.join('')).toBe('0123456789');
    const counts = classNames.map((_, label) => images.filter((image) => image.label === label).length);
    expect(counts).toEqual([205, 206, 206, 206, 207, 207, 207, 206, 208, 204]);
  });
});
