import { decodeDeep, decodeWhole, loadSharp, measureImage, type Sharp } from '../data/decode-image';
import { type ImageSize, sizeText } from '../data/image-size';
import type { ImageFile } from '../data/open-image';
import { UsageError } from '../errors';
import { encodePng } from '../io/png';
import { encodeSafetensors } from '../io/safetensors';
import { readConfig } from '../recipes/config';
import { deepPicture, requireFinite, sampleGrid } from '../report/grid';
import type { ModelFacts } from '../report/page/wire';
import type { ApplyQuery, ImagesQuery, MadeImages, Models } from '../serve/models';
import { leastSide } from '../training/image-border';
import { type LoadedModel, requireImages, requireLatents } from '../training/load';
import type { RunRequest } from '../training/run-model';
import { makeBatch } from './apply-make';
import { chosenClass } from './class-names';
import { KeptModels, type KeptModelsOptions } from './kept-models';
import { chooseImages } from './sample-latents';
import { sampleFields } from './sample-settings';
import { appliedFields, imagesFields, querySource } from './served-fields';
import { ThreadChoice } from './thread-choice';

/** What errors call the picture of a request. */
const PICTURE = 'the picture';
/** Pixels of a picture that comes in, and of one that goes out: all of it is made at once. */
const MOST_PIXELS = 1 << 20;
const MOST_MADE = 1 << 22;

/** Makes images in this thread, with the bits of `sample` and `apply`: their code, on models that are loaded once. */
export class ServedModels implements Models {
  readonly #models: KeptModels;
  readonly #threads = new ThreadChoice();
  #sharp: Sharp | undefined;

  constructor(options: KeptModelsOptions = {}) {
    this.#models = new KeptModels(options);
  }

  async describe(run: string): Promise<ModelFacts> {
    const { sampler, checkpoint, step, weights, classNames } = await this.#models.get(run);
    const { conditional = false, classes = 0 } = sampler.takes === 'latents' ? sampler.latent : {};
    return {
      ...{ takes: sampler.takes, checkpoint, step, weights, classNames },
      classes: conditional ? classes : 0,
      directions: sampler.takes === 'images' ? Object.keys(sampler.directions) : [],
    };
  }

  /** @throws UsageError for a query that `sample` would refuse, or too many images */
  async images(run: string, { query, format, limits }: ImagesQuery): Promise<MadeImages> {
    const asked = readConfig(imagesFields, [querySource(query)]);
    const model = await this.#models.get(run, asked.truncation);
    const sampler = requireLatents(model);
    const label = chosenClass(asked.label, { ...sampler.latent, names: model.classNames });
    const settings = { ...readConfig(sampleFields, []), ...asked, label };
    const { request, count, columns, held } = await chooseImages(model, sampler, settings);
    try {
      checkSize(model, count, limits);
      const images = this.#threads.make(model, kindOf(request, count), () => model.run(request));
      const { shape } = images;
      const bytes = images.toBytes();
      images.dispose();
      const made = { values: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4), shape };
      // A grid refuses what is not finite itself.
      if (format === 'safetensors') requireFinite(made);
      const file =
        format === 'safetensors'
          ? encodeSafetensors({ images: { dtype: 'F32', shape, bytes } })
          : encodePng(sampleGrid(made, { columns: asked.columns ?? columns }));
      return { bytes: file, count, step: model.step };
    } finally {
      for (const tensor of held) tensor.dispose();
    }
  }

  /** @throws UsageError for a query that `apply` would refuse, or a picture that is too large; GanError `ERR_BAD_IMAGE` */
  async apply(run: string, { picture, query, format }: ApplyQuery): Promise<MadeImages> {
    const asked = readConfig(appliedFields, [querySource(query)]);
    const model = await this.#models.get(run);
    const sampler = requireImages(model);
    const { name: direction, from, mask } = sampler.direction(asked.direction);
    this.#sharp ??= await loadSharp();
    const file = { name: PICTURE, bytes: picture };
    checkPicture(await measureImage(this.#sharp, file), {
      least: leastSide(sampler.reach),
      scale: sampler.scale,
    });
    const { channels } = model.specs[from];
    const image = await decodeDeep(this.#sharp, file, channels);
    const hole = mask === undefined ? undefined : await holeIn(this.#sharp, file);
    const settings = {
      batch: undefined,
      tile: undefined,
      overlap: undefined,
      seed: asked.seed,
      depth: asked.depth,
    };
    const { networks, device } = model;
    const making = { sampler, networks, device, direction, channels, settings, goesOn: () => true };
    const made = await makeBatch([{ from: PICTURE, to: null, image, hole }], making);
    if (!made) throw new RangeError('expected an image that is made at once but it was left');
    const { values, shape } = made;
    const isDeep = asked.depth === undefined ? image.pixels instanceof Uint16Array : asked.depth === '16';
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const answer =
      format === 'safetensors'
        ? encodeSafetensors({ images: { dtype: 'F32', shape, bytes } })
        : encodePng(isDeep ? deepPicture(made) : sampleGrid(made, { padding: 0 }));
    return { bytes: answer, count: 1, step: model.step };
  }

  async close(): Promise<void> {
    this.#models.dispose();
  }
}

/** What the shapes in the networks follow from: how many images, and by which of its ways the model makes them. */
function kindOf(request: RunRequest, count: number): string {
  const given = Object.entries(request).filter(([, value]) => value !== undefined);
  return [count, ...given.map(([name]) => name)].join();
}

/** @throws UsageError for more images, or larger ones together, than a request may have */
function checkSize({ specs }: LoadedModel, count: number, limits: ImagesQuery['limits']): void {
  const [image] = Object.values(specs);
  const bytes = 4 * image.channels * image.height * image.width;
  const most = Math.min(limits.count, Math.max(1, Math.floor(limits.answerBytes / bytes)));
  if (count > most)
    throw new UsageError(
      `count expects at most ${most} images of this model in a request, but these are ${count}: ask for fewer`,
    );
}

/** @throws UsageError for a picture that is too small or too large */
function checkPicture(
  size: ImageSize,
  { least, scale }: { readonly least: number; readonly scale: number },
): void {
  const { height, width } = size;
  if (Math.min(height, width) < least)
    throw new UsageError(
      `${PICTURE} has ${sizeText(size)} pixels, but this model takes images of at least ${least}×${least}`,
    );
  if (height * width > MOST_PIXELS || height * width * scale ** 2 > MOST_MADE)
    throw new UsageError(
      `${PICTURE} has ${sizeText(size)} pixels, more than are made by a request (${MOST_PIXELS} in, ${MOST_MADE} out): make it smaller, or use apply --tile`,
    );
}

/** uint8 [1, H, W], light in the hole: where the picture is transparent. @throws UsageError for one without transparent parts, or of nothing else */
async function holeIn(sharp: Sharp, file: ImageFile): Promise<Uint8Array> {
  const { pixels } = await decodeWhole(sharp, file, 4);
  const alpha = pixels.subarray((3 * pixels.length) / 4);
  const hole = alpha.map((opaque) => (opaque < 128 ? 255 : 0));
  if (!hole.includes(255))
    throw new UsageError(
      `${PICTURE} has no transparent part, and this model fills holes: make the hole transparent`,
    );
  if (!hole.includes(0))
    throw new UsageError(`${PICTURE} is all transparent: there is nothing to fill the hole by`);
  return hole;
}
