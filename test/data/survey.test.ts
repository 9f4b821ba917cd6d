import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { surveyDataset } from '../../src/data/survey';
import { encodePng } from '../../src/io/png';
import { failure, usage } from '../support/failure';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'survey-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Pictures of noise-like colours, or of grey as colours, that all differ. */
function write(path: string, { count, height = 20, width = 30, grey = false }: Pictures): void {
  mkdirSync(join(folder, path), { recursive: true });
  for (let n = 0; n < count; n++) {
    const pixels = Uint8Array.from({ length: height * width * 3 }, (_, i) =>
      grey ? (Math.floor(i / 3) * 7 + 31 * n) % 256 : (i * 53 + 31 * n) % 256,
    );
    const png = encodePng({ height, width, channels: 3, pixels });
    writeFileSync(join(folder, path, `${n}.png`), png);
  }
}

interface Pictures {
  readonly count: number;
  readonly height?: number;
  readonly width?: number;
  readonly grey?: boolean;
}

describe('refuses', () => {
  test('a path that does not exist', async () => {
    await expect(surveyDataset('folder:/nowhere/at/all')).rejects.toEqual(
      failure('ERR_DATA_MISSING', '/nowhere/at/all does not exist'),
    );
  });

  test('an empty folder, and one without images', async () => {
    await expect(surveyDataset(`folder:${folder}`)).rejects.toEqual(
      failure('ERR_DATA_EMPTY', 'holds no images'),
    );
    writeFileSync(join(folder, 'notes.txt'), 'x');
    await expect(surveyDataset(`folder:${folder}`)).rejects.toEqual(
      failure('ERR_DATA_EMPTY', 'there are others: .txt 1'),
    );
  });

  test('files that are no images, where none can be read', async () => {
    writeFileSync(join(folder, 'a.png'), 'no picture');
    await expect(surveyDataset(`folder:${folder}`)).rejects.toEqual(failure('ERR_BAD_IMAGE', 'a.png'));
  });

  test('a name that is that of no set, and folders without pairs or domains', async () => {
    await expect(surveyDataset('mnits')).rejects.toEqual(usage('did you mean mnist?'));
    write('.', { count: 1 });
    await expect(surveyDataset(`pairs:${folder}`)).rejects.toEqual(failure('ERR_DATA_LAYOUT', 'no pairs'));
    await expect(surveyDataset(`unpaired:${folder}`)).rejects.toEqual(
      failure('ERR_DATA_LAYOUT', 'no two domains'),
    );
  });
});

test('a folder of classes: counts, size, colour, and files that equal others', async () => {
  write('cats', { count: 5 });
  write('dogs', { count: 3, height: 24 });
  copyFileSync(join(folder, 'cats/0.png'), join(folder, 'cats/copy.png'));
  writeFileSync(join(folder, 'dogs/damaged.png'), 'no picture');
  expect(await surveyDataset(`folder:${folder}`)).toEqual({
    name: `folder:${folder}`,
    kind: 'images',
    count: 10,
    size: { height: 20, width: 30 },
    grey: false,
    classes: [
      { name: 'cats', count: 6 },
      { name: 'dogs', count: 4 },
    ],
    duplicates: 1,
    looked: 9,
    unreadable: {
      count: 1,
      reason: expect.stringMatching(/dogs\/damaged\.png is not a readable image: /),
    },
  });
});

test('links to nowhere, pipes and empty files are told as what cannot be read, and not as equal', async () => {
  for (const domain of ['A', 'B']) {
    write(domain, { count: 4 });
    for (const name of ['x', 'y']) symlinkSync('/nowhere', join(folder, domain, `${name}.png`));
    for (const name of ['p', 'q']) execFileSync('mkfifo', [join(folder, domain, `${name}.png`)]);
    for (const name of ['e', 'f']) writeFileSync(join(folder, domain, `${name}.png`), '');
  }
  expect(await surveyDataset(`folder:${join(folder, 'A')}`)).toMatchObject({
    ...{ count: 10, looked: 4, duplicates: 0 },
    unreadable: { count: 6, reason: expect.stringMatching(/e\.png is not a readable image: /) },
  });
  expect(await surveyDataset(`unpaired:${folder}`)).toMatchObject({
    ...{ looked: 8, duplicates: 0 },
    unreadable: { count: 12, reason: expect.stringMatching(/A\/e\.png/) },
  });
});

test('files of all parts are looked into, where there are fewer than two for each look', async () => {
  write('a', { count: 40, height: 10 });
  write('b', { count: 55, height: 20 });
  expect(await surveyDataset(`folder:${folder}`)).toMatchObject({ size: { height: 20 }, looked: 48 });
});

test('photographs of signs that are not there are told with where to get them', async () => {
  await expect(surveyDataset('sign-language-digits', { dataDir: folder })).rejects.toEqual(
    failure('ERR_DATA_MISSING', 'this set is not downloaded automatically'),
  );
});

test('grey pictures that are saved in colour are grey', async () => {
  write('.', { count: 2, grey: true });
  expect(await surveyDataset(`folder:${folder}`)).toMatchObject({ grey: true, count: 2, classes: [] });
});

test('pairs side by side are half as wide, those by name as they are', async () => {
  write('train', { count: 3 });
  const name = `pairs:${folder}`;
  expect(await surveyDataset(name)).toMatchObject({
    kind: 'pairs',
    count: 3,
    size: { height: 20, width: 15 },
  });
  write('trainA', { count: 4 });
  write('trainB', { count: 4 });
  expect(await surveyDataset(name)).toMatchObject({ count: 4, size: { height: 20, width: 30 } });
});

test('two sets of other channels tell those that both are to be loaded in', async () => {
  const files = `folder:${folder}`;
  write('.', { count: 2, grey: true });
  expect(await surveyDataset(`unpaired:digits+${files}`)).toMatchObject({ grey: true, channels: 3 });
  expect(await surveyDataset(`unpaired:${files}+${files}`)).not.toHaveProperty('channels');
});

test('two domains count as the smaller one', async () => {
  write('A', { count: 4, grey: true });
  write('B', { count: 2, height: 10, width: 10 });
  expect(await surveyDataset(`unpaired:${folder}`)).toMatchObject({
    kind: 'unpaired',
    count: 2,
    size: { height: 10, width: 10 },
    grey: false,
  });
});
