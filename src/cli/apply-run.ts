import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decodeWhole, loadSharp, type Sharp, type WholeImage } from '../data/decode-image';
import { messageOf, UsageError } from '../errors';
import { writeError } from '../io/file-error';
import { writePng } from '../io/png';
import { writeSafetensors } from '../io/safetensors';
import { sampleGrid } from '../report/grid';
import { createTaskProgress } from '../report/task-progress';
import { fromBytes } from '../tensor/create';
import { keep, scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { leastSide } from '../training/image-border';
import type { ImageSampler } from '../training/image-sampler';
import { type LoadedModel, requireImages } from '../training/load';
import { isSeamless } from '../training/tiled';
import { type AppliedFile, appliedFiles } from './apply-files';
import type { ApplySettings } from './apply-settings';
import { listenForInterrupt } from './interrupt';
import { loadRun, notesOf } from './load-run';
import type { CommandContext } from './terminal';

/** Settings whose paths are there. */
type Applied = ApplySettings & { readonly checkpoint: string; readonly in: string; readonly out: string };

/** What the images of one `apply` share. */
interface Work {
  readonly model: LoadedModel;
  readonly sampler: ImageSampler;
  readonly settings: Applied;
  readonly channels: number;
  /** What is made, for `--raw`: on the CPU, in order. */
  readonly kept: Tensor[] | null;
}

/**
 * Loads the model, gives it the images, and writes what it makes of each.
 *
 * @returns the exit code: 0, or 130 and 143 when a signal ended it, with the pictures that were whole by then
 */
export async function runApply(settings: Applied, { host, terminal }: CommandContext): Promise<number> {
  const files = await appliedFiles(settings.in, settings.out);
  const sharp = await loadSharp();
  const model = await loadRun(settings.checkpoint, settings);
  const interrupt = listenForInterrupt(host, () =>
    terminal.log('interrupted: ending with the images in work; once more to leave at once'),
  );
  const kept: Tensor[] | null = settings.raw === undefined ? null : [];
  try {
    for (const note of notesOf(model, settings.weights)) terminal.warn(note);
    const sampler = requireImages(model);
    if (settings.tile !== undefined && !isSeamless({ ...model, sampler }, settings.direction))
      terminal.warn(
        'this network looks at all of an image, or normalises by it: tiles are blended, and seams may be seen',
      );
    const { name, from } = sampler.direction(settings.direction);
    const { channels } = model.specs[from];
    const work: Work = { model, sampler, settings, channels, kept };
    const progress = terminal.showsProgress
      ? createTaskProgress({ stream: terminal.stderr, bar: terminal.lively })
      : undefined;
    const skipped: string[] = [];
    let made = 0;
    for await (const batch of batchesOf(files, { sharp, work, skipped })) {
      if (interrupt.signal.aborted || terminal.closed.aborted) break;
      await applyTo(batch, work);
      made += batch.length;
      progress?.({ task: 'making images', done: made + skipped.length, total: files.length });
    }
    for (const reason of skipped) terminal.warn(`left out: ${reason}`);
    if (kept && settings.raw !== undefined) await writeRaw(settings.raw, kept);
    terminal.result(`images   ${made}`);
    terminal.result(`out      ${settings.out}`);
    terminal.record({
      event: 'end',
      checkpoint: model.checkpoint,
      step: model.step,
      weights: model.weights,
      direction: name,
      images: made,
      skipped: skipped.length,
      out: settings.out,
      ...(settings.raw !== undefined && { raw: settings.raw }),
    });
    return interrupt.exitCode ?? 0;
  } finally {
    interrupt.dispose();
    for (const tensor of kept ?? []) tensor.dispose();
    model.dispose();
  }
}

/** An image that is decoded, and the picture to write. */
interface Opened extends AppliedFile {
  readonly index: number;
  readonly image: WholeImage;
}

/** Images in their order, those of one size that follow each other together. */
async function* batchesOf(
  files: readonly AppliedFile[],
  { sharp, work, skipped }: { readonly sharp: Sharp; readonly work: Work; readonly skipped: string[] },
): AsyncGenerator<Opened[]> {
  const { settings, channels, sampler } = work;
  let batch: Opened[] = [];
  for (const [index, file] of files.entries()) {
    let image: WholeImage;
    try {
      image = await decodeWhole(sharp, file.from, channels);
      requireSize(file.from, image, sampler);
    } catch (error) {
      if (settings.onBadImage === 'fail') throw error;
      skipped.push(messageOf(error));
      continue;
    }
    const [first] = batch;
    const fits = first && first.image.height === image.height && first.image.width === image.width;
    if (first && (!fits || batch.length >= settings.batch)) {
      yield batch;
      batch = [];
    }
    batch.push({ ...file, index, image });
  }
  if (batch.length > 0) yield batch;
}

/** @throws UsageError naming a file that is smaller than the network takes */
function requireSize(file: string, { height, width }: WholeImage, { reach }: ImageSampler): void {
  const least = leastSide(reach);
  if (Math.min(height, width) >= least) return;
  throw new UsageError(
    `${file} has ${height}×${width} pixels, but this model takes images of at least ${least}×${least}: enlarge it, or leave it out with --on-bad-image skip`,
  );
}

async function applyTo(batch: readonly Opened[], work: Work): Promise<void> {
  const { model, settings, channels, kept } = work;
  const { direction, seed, tile } = settings;
  const [first] = batch;
  const { height, width } = first.image;
  const made = scope(() => {
    const shape = [1, channels, height, width];
    const images = cat(
      batch.map(({ image }) => fromBytes(image.pixels, { dtype: 'uint8', shape }).div(127.5).sub(1)),
    );
    return keep(model.run({ images, direction, seed: seed + first.index, tile }));
  });
  try {
    const [count, ...shape] = made.shape;
    const values = made.toTypedArray();
    if (!(values instanceof Float32Array)) throw new RangeError('expected float32 images');
    const size = values.length / count;
    for (const [i, { to }] of batch.entries()) {
      const one = { values: values.subarray(i * size, (i + 1) * size), shape: [1, ...shape] };
      await writeWhole(to, sampleGrid(one, { padding: 0 }));
    }
    kept?.push(scope(() => keep(made.clone())));
  } finally {
    made.dispose();
  }
}

/** A picture that appears at its path only when it is whole. */
async function writeWhole(path: string, picture: Parameters<typeof writePng>[1]): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writePng(partial, picture);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw writeError(path, error);
  }
}

async function writeRaw(file: string, made: readonly Tensor[]): Promise<void> {
  const sizes = new Set(made.map(({ shape }) => shape.slice(1).join('×')));
  if (sizes.size !== 1)
    throw new UsageError(
      `--raw ${file} holds images of one size, but there are ${[...sizes].slice(0, 3).join(', ') || 'none'}: leave --raw out`,
    );
  const { shape, bytes } = scope(() => {
    const all = cat([...made]);
    return { shape: all.shape, bytes: all.toBytes() };
  });
  await writeSafetensors(file, { images: { dtype: 'F32', shape, bytes } });
}
