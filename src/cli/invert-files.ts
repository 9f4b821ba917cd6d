import { existsSync, realpathSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { UsageError } from '../errors';
import { appliedFiles } from './apply-files';
import type { InvertSettings } from './invert-settings';
import type { ScoredFile } from './score-files';

/** An image whose latent is searched, and what is written of it. */
export interface InvertedFile extends ScoredFile {
  /** What was found, as a picture. */
  readonly picture: string;
  /** Its styles and noise maps, for `sample --latents`. */
  readonly latents: string;
  /** The search, beside the image. */
  readonly film: string;
}

/**
 * The images at `--in`, each with what is written of it: `--out` for one image, files of their names in the folder `--out` for several.
 *
 * @throws UsageError where something would be written over an image, or among the images, or two would have one name; GanError
 *   `ERR_DATA_EMPTY` for a folder without images, `ERR_DATA_MISSING` for a path that is not there
 */
export async function invertedFiles({
  in: input,
  out,
}: Pick<InvertSettings, 'in' | 'out'>): Promise<InvertedFile[]> {
  const files = await appliedFiles({ in: input, out, raw: undefined, mask: undefined });
  return files.map(({ from, to }) => {
    const picture = to ?? out;
    const named = (ending: string) => picture.replace(/\.png$/i, ending);
    const film = named('.gif');
    if (existsSync(film) && realpathSync(film) === realpathSync(from))
      throw new UsageError(`--out ${out}: the film ${film} would overwrite the image: choose another place`);
    const name = from === input ? basename(from) : relative(input, from);
    return { from, name, picture, film, latents: named('.safetensors'), map: null, mask: null };
  });
}
