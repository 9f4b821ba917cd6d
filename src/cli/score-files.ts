import { existsSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { kindsOf, readFolder } from '../data/folder-contents';
import { FORMATS } from '../data/image-formats';
import { GanError, UsageError } from '../errors';
import { liesIn, realOf } from './real-path';
import type { ScoreSettings } from './score-settings';

/** An image to score. */
export interface ScoredFile {
  readonly from: string;
  /** Its path below `--in`: what its row calls it. */
  readonly name: string;
  /** Where its map goes; null for nowhere. */
  readonly map: string | null;
  /** What is known of it; null for a normal image, or where nothing is. */
  readonly mask: string | null;
}

/**
 * The images at `--in`, by their names, each with the files that belong to it. What lies in `--masks` is not scored.
 *
 * @throws UsageError where maps would lie among the images or over each other, where they or `--out` would take the place of an image or a mask,
 *   or no mask is of an image; GanError `ERR_DATA_EMPTY` for a
 *   folder without images, `ERR_DATA_MISSING` for a path that is not there
 */
export async function scoredFiles(
  settings: Pick<ScoreSettings, 'in' | 'maps' | 'masks' | 'out'>,
): Promise<ScoredFile[]> {
  const { in: input, maps, masks } = settings;
  for (const [flag, path] of Object.entries({ '--in': input, '--masks': masks }))
    if (path !== undefined && !existsSync(path))
      throw new GanError('ERR_DATA_MISSING', `${flag} ${path}: expected images, but there is nothing`);
  const isFolder = statSync(input).isDirectory();
  if (maps !== undefined) checkMaps(input, maps);
  const names = isFolder ? await imagesIn(input, masks) : [basename(input)];
  const files = names.map((name) => {
    const png = asPng(name);
    const mask = masks === undefined ? null : join(masks, png);
    return {
      from: isFolder ? join(input, name) : input,
      name,
      map: maps === undefined ? null : join(maps, png),
      mask: mask !== null && existsSync(mask) ? mask : null,
    };
  });
  checkApart(files);
  checkWritten(files, settings);
  if (masks !== undefined && files.every(({ mask }) => mask === null))
    throw new UsageError(
      `--masks ${masks} holds no mask of an image of --in: expected ${asPng(names[0])} for ${names[0]}`,
    );
  return files;
}

async function imagesIn(folder: string, masks: string | undefined): Promise<readonly string[]> {
  const { images, others } = await readFolder(folder);
  const scored = masks === undefined ? images : images.filter((name) => !liesIn(masks, join(folder, name)));
  if (scored.length > 0) return scored;
  if (images.length > 0)
    throw new UsageError(
      `--in ${folder} holds no images but those of --masks: give masks a folder of their own`,
    );
  const found = others.length > 0 ? `, but there are others: ${kindsOf(others)}` : '';
  throw new GanError(
    'ERR_DATA_EMPTY',
    `--in ${folder} holds no images: ${FORMATS} files are expected in it${found}`,
  );
}

/** Maps among the images would be scored the next time. */
function checkMaps(input: string, maps: string): void {
  if (existsSync(maps) && !statSync(maps).isDirectory())
    throw new UsageError(`--maps ${maps} is a file: name a folder`);
  if (statSync(input).isDirectory() && (realOf(maps) === realOf(input) || liesIn(input, maps)))
    throw new UsageError(
      `--maps ${maps} is in the folder --in: maps would lie among the images: choose another folder`,
    );
}

/** @throws UsageError where a map, or the file of scores, would take the place of an image or a mask */
function checkWritten(
  files: readonly ScoredFile[],
  { maps, out }: Pick<ScoreSettings, 'maps' | 'out'>,
): void {
  const images = new Set(files.map(({ from }) => realOf(from)));
  const masks = new Set(files.flatMap(({ mask }) => (mask === null ? [] : [realOf(mask)])));
  const written = files.flatMap(({ map }) => (map === null ? [] : [{ flag: `--maps ${maps}`, path: map }]));
  if (out !== undefined) written.push({ flag: `--out ${out}`, path: out });
  for (const { flag, path } of written) {
    const what = images.has(realOf(path)) ? 'image' : masks.has(realOf(path)) ? 'mask' : null;
    if (what !== null)
      throw new UsageError(`${flag} would overwrite the ${what} ${path}: choose another place`);
  }
}

/** @throws UsageError where two images would share a map or a mask */
function checkApart(files: readonly ScoredFile[]): void {
  const taken = new Map<string, string>();
  for (const { from, name, map, mask } of files) {
    if (map === null && mask === null) continue;
    const other = taken.get(asPng(name));
    if (other !== undefined)
      throw new UsageError(
        `${other} and ${from} would both have the map or mask ${asPng(name)}: rename one of them`,
      );
    taken.set(asPng(name), from);
  }
}

function asPng(file: string): string {
  return `${file.slice(0, file.length - extname(file).length)}.png`;
}
