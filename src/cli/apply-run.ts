import { loadSharp } from '../data/decode-image';
import { sizeText } from '../data/image-size';
import { UsageError } from '../errors';
import { writeSafetensors } from '../io/safetensors';
import { load } from '../recipes/index';
import { leastSide } from '../training/image-border';
import type { ImageSampler } from '../training/image-sampler';
import { type LoadedModel, requireImages } from '../training/load';
import { tileSize } from '../training/tile-plan';
import { isSeamless } from '../training/tiled';
import { appliedFiles } from './apply-files';
import { ApplyImages, batchesOf, type MeasuredImage } from './apply-images';
import { batchSize, type Made, type Making, makeBatch, writePictures } from './apply-make';
import type { ApplySettings } from './apply-settings';
import { listenForInterrupt } from './interrupt';
import { notesOf } from './model-notes';
import { progressOf } from './progress';
import type { CommandContext, Terminal } from './terminal';
import { writeResult } from './write-result';

/** One `apply`. */
interface ApplyJob extends Making {
  readonly model: LoadedModel;
  readonly settings: ApplySettings;
  readonly images: ApplyImages;
  readonly terminal: Terminal;
}

/**
 * Loads the model, gives it the images, and writes what it makes of each.
 *
 * @returns the exit code: 0, or 129, 130 or 143 when a signal ended it, with the pictures that were whole by then
 */
export async function runApply(settings: ApplySettings, { host, terminal }: CommandContext): Promise<number> {
  const files = await appliedFiles(settings);
  const images = new ApplyImages(await loadSharp(), settings);
  const model = await load(settings.checkpoint, settings);
  const interrupt = listenForInterrupt(host, () =>
    terminal.log('interrupted: ending with the images in work; once more to leave at once'),
  );
  const goesOn = () => !interrupt.signal.aborted && !terminal.closed.aborted;
  try {
    for (const note of notesOf(model, settings.weights)) terminal.warn(note);
    const job: ApplyJob = { ...making(model, settings), model, settings, images, terminal, goesOn };
    const onProgress = progressOf(terminal);
    const least = leastSide(job.sampler.reach);
    const measured = await images.measure(files, { least, onProgress });
    checkTogether(measured, job);
    await conclude(await makeAll(measured, { ...job, onProgress }), job);
    return interrupt.exitCode ?? 0;
  } finally {
    interrupt.dispose();
    model.dispose();
  }
}

/** @throws UsageError for a model that takes no images, a direction that it lacks, what it was not trained for, or a tile that is too small for it */
function making(model: LoadedModel, settings: ApplySettings) {
  const { direction: asked, tile, overlap } = settings;
  const sampler = requireImages(model);
  checkScale(model, sampler, settings);
  const { name: direction, from, mask } = sampler.direction(asked);
  checkMask(model, { takes: mask !== undefined, given: settings.mask !== undefined });
  if (tile !== undefined) tileSize(sampler.reach, { tile, overlap });
  const { networks, device, specs } = model;
  return { sampler, networks, device, direction, channels: specs[from].channels };
}

/** @throws UsageError for a scale that the model was not trained for */
function checkScale(
  { checkpoint }: LoadedModel,
  { scale: own }: ImageSampler,
  { scale }: Pick<ApplySettings, 'scale'>,
): void {
  if (scale === undefined || scale === own) return;
  throw new UsageError(
    `--scale ${scale}, but ${checkpoint} was trained to make images ${own === 1 ? 'of the size of those it takes' : `${own} times as high and wide`}: leave --scale out, or name a run that was trained for ${scale}`,
  );
}

/** @throws UsageError for masks that the model does not take, or none where it needs them */
function checkMask(
  { checkpoint }: LoadedModel,
  { takes, given }: { readonly takes: boolean; readonly given: boolean },
): void {
  if (takes === given) return;
  throw new UsageError(
    given
      ? `--mask is of models that fill holes, but ${checkpoint} makes all of an image: leave it out`
      : `${checkpoint} fills holes, and nothing says where they are: try --mask hole.png, white in the hole`,
  );
}

/** What the sizes of all images decide. @throws UsageError for images of several sizes that are to go into one tensor */
function checkTogether(images: readonly MeasuredImage[], job: ApplyJob): void {
  const { raw, tile } = job.settings;
  const [first] = images;
  const other = images.find((image) => sizeText(image) !== sizeText(first));
  if (raw !== undefined && other)
    throw new UsageError(
      `--raw ${raw} holds images of one size, but ${first.from} has ${sizeText(first)} pixels and ${other.from} ${sizeText(other)}: leave --raw out`,
    );
  const isCut = images.some(({ height, width }) => tile !== undefined && Math.max(height, width) > tile);
  if (isCut) tellSeams(job);
}

/** Warns where tiles are not what the whole image would be. */
function tellSeams(job: ApplyJob): void {
  const { reach } = job.sampler;
  const { tile = 0, overlap } = job.settings;
  if (!isSeamless(job, job.direction)) {
    job.terminal.warn(
      'this network looks at all of an image, or normalises by it: tiles are blended, and seams may be seen',
    );
    return;
  }
  const needed = Math.floor(reach.receptiveField / 2);
  if (overlap === undefined || tileSize(reach, { tile, overlap }).overlap >= needed) return;
  job.terminal.warn(
    `this network sees ${needed} pixels around each, but --overlap ${overlap} shows it fewer: seams may be seen; leave --overlap out, or try --overlap ${needed}`,
  );
}

/** What came of it. */
interface Result {
  readonly made: number;
  /** Images that could be used, as far as their headers told. */
  readonly total: number;
  /** Whether no signal came in between. */
  readonly complete: boolean;
  /** What `--raw` is to hold. */
  readonly kept: readonly Made[];
}

async function makeAll(measured: readonly MeasuredImage[], job: ApplyJob): Promise<Result> {
  const { settings, images, terminal, channels, goesOn, onProgress } = job;
  const total = measured.length;
  const kept: Made[] = [];
  let [made, seen] = [0, 0];
  try {
    for (const batch of batchesOf(measured, (size) => batchSize(job, size))) {
      if (!goesOn()) break;
      const opened = await images.open(batch, channels);
      if (opened.length > 0) {
        const output = await makeBatch(opened, job);
        if (!output) break;
        await writePictures(opened, output, settings);
        if (settings.raw !== undefined) kept.push(output);
        made += opened.length;
      }
      seen += batch.length;
      onProgress?.({ task: 'making images', done: seen, total });
    }
  } catch (error) {
    if (made > 0) terminal.log(`${made} of ${total} images are made, but no more:`);
    throw error;
  }
  return { made, total, complete: seen === total, kept };
}

/** @throws GanError `ERR_DATA_EMPTY` where every image was left out */
async function conclude({ made, total, complete, kept }: Result, job: ApplyJob): Promise<void> {
  const { model, settings, images, terminal, direction } = job;
  const { out, raw } = settings;
  if (complete) images.leftOut.requireSome(made);
  for (const reason of images.leftOut.reasons) terminal.warn(`left out: ${reason}`);
  // A tensor of some of the images would pass for one of all.
  const whole = raw !== undefined && kept.length > 0 && complete;
  if (whole) await writeResult(raw, (partial) => writeSafetensors(partial, { images: recordOf(kept) }));
  terminal.result(`images   ${made}`);
  if (out !== undefined) terminal.result(`out      ${out}`);
  if (whole) terminal.result(`raw      ${raw}`);
  const { checkpoint, step, weights } = model;
  const counts = { images: made, of: total, skipped: images.leftOut.reasons.length };
  terminal.record({
    event: 'end',
    ...{ checkpoint, step, weights, direction },
    ...counts,
    ...(out !== undefined && { out }),
    ...(whole && { raw }),
  });
}

function recordOf(kept: readonly Made[]) {
  const [{ shape }] = kept;
  const count = kept.reduce((sum, { shape: [images] }) => sum + images, 0);
  const bytes = Buffer.concat(
    kept.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  );
  return { dtype: 'F32' as const, shape: [count, ...shape.slice(1)], bytes };
}
