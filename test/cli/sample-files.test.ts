import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkFolder, fileNames } from '../../src/cli/sample-files';
import { usage } from '../support/failure';

test('a folder with pictures that would lie beside those of a call is refused, in its sub-folders too', () => {
  const out = mkdtempSync(join(tmpdir(), 'files-'));
  const images = { count: 2, labels: [0, 1], classNames: ['cat', 'dog'] };
  try {
    mkdirSync(join(out, 'cat'));
    writeFileSync(join(out, 'cat', '00000.png'), '');
    writeFileSync(join(out, 'notes.txt'), '');
    checkFolder(out, images);
    writeFileSync(join(out, 'cat', '00001.png'), '');
    expect(() => checkFolder(out, images)).toThrow(
      usage('cat/00001.png, which the 2 images would lie beside'),
    );
    checkFolder(join(out, 'none'), images);
    // Without labels they would lie beside the classes of an earlier call, which no training takes.
    expect(() => checkFolder(out, { count: 2 })).toThrow(
      usage('cat/00000.png, which the 2 images would lie beside'),
    );
    rmSync(join(out, 'cat', '00001.png'));
    expect(() => checkFolder(out, { ...images, labels: [1, 1] })).toThrow(usage('holds cat/00000.png'));
  } finally {
    rmSync(out, { recursive: true });
  }
});

test('images are numbered in their order, those of several classes in a sub-folder for each', () => {
  expect(fileNames({ count: 2 })).toEqual(['00000.png', '00001.png']);
  expect(fileNames({ count: 3, labels: [1, 0, 1], classNames: ['cat', 'große Hunde'] })).toEqual([
    'große Hunde/00000.png',
    'cat/00001.png',
    'große Hunde/00002.png',
  ]);
  expect(fileNames({ count: 1, labels: [7] })).toEqual(['7/00000.png']);
});

test('a class name leads to no other folder, and no two to one', () => {
  const names = (...classNames: string[]) =>
    fileNames({ count: classNames.length, labels: classNames.map((_, i) => i), classNames }).map((file) =>
      file.slice(0, -'/00000.png'.length),
    );
  expect(names('..', '../x', 'a/b', 'C:\\d', '.hidden', 'end. ')).toEqual([
    '_',
    '__x',
    'a_b',
    'C__d',
    '_hidden',
    'end_',
  ]);
  expect(names('Cat', 'cat', '', 'x')).toEqual(['0-Cat', '1-cat', '2-', 'x']);
});
