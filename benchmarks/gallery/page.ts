import { relative } from 'node:path';
import { formatCount, formatMeasured, type Measured } from '../../src/report/summary';
import { sharedProtocol } from '../protocol';

/** A picture of the page. */
export interface GalleryPicture {
  /** From the package's root. */
  readonly file: string;
  readonly says: string;
  /** What draws it again; empty where the training drew it. */
  readonly command: string;
}

/** What the page tells of a recipe's run. */
export interface GalleryRun {
  readonly name: string;
  readonly summary: string;
  /** Data set and shape. */
  readonly images: string;
  /** What trained it. */
  readonly command: string;
  readonly best: Measured;
  readonly last: Measured;
  readonly pictures: readonly GalleryPicture[];
}

/**
 * Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->`, for each block by its name.
 *
 * @throws Error where the page has no such place
 */
export function fillBlocks(page: string, blocks: Readonly<Record<string, string>>): string {
  return Object.entries(blocks).reduce((text, [name, block]) => {
    const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(start), text.indexOf(end)];
    if (from < 0 || to < from)
      throw new Error(`expected a place ${start} … ${end} in the page, but found none`);
    return `${text.slice(0, from + start.length)}\n${block}\n${text.slice(to)}`;
  }, page);
}

/** Pictures, figures and commands of a recipe. */
export function recipeBlock(run: GalleryRun): string {
  const { name, best, last, command, pictures } = run;
  const shown = pictures.map(
    ({ file, says }) => `<img src="${relative('docs', file)}" width="640" alt="${name}: ${says}">`,
  );
  const commands = [command, ...pictures.map((picture) => picture.command)].filter((line) => line !== '');
  return [
    shown.join('\n\n'),
    `FID ${formatMeasured(best)} at step ${formatCount(best.step)}, its best, and ${formatMeasured(last)} at the end, step ${formatCount(last.step)}.`,
    ['```sh', ...commands, '```'].join('\n'),
  ].join('\n\n');
}

/** All runs in one table, and how they were judged. */
export function tableBlock(runs: readonly GalleryRun[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = runs.map(({ name, images, best, last }) =>
    line([
      `[\`${name}\`](#${name})`,
      images,
      formatCount(last.step),
      `${formatMeasured(best)} (${formatCount(best.step)})`,
      formatMeasured(last),
    ]),
  );
  // Of another image size, real images and the classifier's weights are others.
  const sizes = [...new Set(runs.map(({ images }) => images))].map((size) => {
    const protocols = runs.filter(({ images }) => images === size).map(({ best }) => best.row.protocol);
    return `Protocol of ${size}: ${sharedProtocol(protocols)}.`;
  });
  return [
    line(['recipe', 'images', 'steps', 'FID, best (at step)', 'FID, last']),
    line(['---', '---', '---:', '---:', '---:']),
    ...rows,
    ...sizes.flatMap((text) => ['', text]),
  ].join('\n');
}
