import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataKind, type DataSpecs, type Dataset, ImageDataset } from '../../src/data/dataset';
import { type Resolution, sizeOf } from '../../src/data/image-size';
import type { Loader } from '../../src/data/loader';
import { PairedDataset } from '../../src/data/paired-dataset';
import { UnpairedDataset } from '../../src/data/unpaired-dataset';
import { type Fields, parseConfig } from '../../src/recipes/config';
import type { Recipe } from '../../src/recipes/recipe';
import { manualSeed } from '../../src/tensor/random';
import type { Model } from '../../src/training/model';
import type { Report } from '../../src/training/report';
import { testDevice } from './fixtures';

/** What tiny data sets are made of. */
interface TinyOptions {
  readonly count?: number;
  readonly channels?: number;
  readonly resolution?: Resolution;
  readonly labelled?: boolean;
}

/** A data set of `count` noisy labelled images, the same for the same arguments. */
export function tinyDataset({
  count = 96,
  channels = 1,
  resolution = 16,
  labelled = true,
}: TinyOptions = {}): ImageDataset {
  const { height, width } = sizeOf(resolution);
  const pixels = Uint8Array.from(
    { length: count * channels * height * width },
    (_, i) => (i * 7919 + (i >> 5) * 31) % 256,
  );
  const labels = labelled ? Array.from({ length: count }, (_, i) => i % 3) : null;
  return new ImageDataset({ name: 'tiny', channels, height, width, pixels, labels });
}

/** A loader of such a data set. */
export function tinyLoader(
  options: TinyOptions & { readonly batch?: number; readonly kind?: DataKind } = {},
): Loader {
  const { kind = 'images' } = options;
  const dataset = kind === 'images' ? tinyDataset(options) : tinyData(kind, options);
  return dataset.loader({ batch: options.batch ?? 8, seed: 3, device: testDevice });
}

/** A recipe's model from a seed, with some of its configuration changed. */
export function buildModel<F extends Fields>(
  recipe: Recipe<F>,
  {
    set = {},
    resolution = 16,
    steps = 20,
  }: { set?: Record<string, string>; resolution?: number; steps?: number } = {},
): Model {
  manualSeed(11);
  const config = parseConfig(recipe.fields, { set });
  return recipe.build(config, tinySpecs(recipe, { set, resolution }), { steps });
}

/** What a recipe is given of tiny data of its kind. */
export function tinyDataFor<F extends Fields>(
  recipe: Recipe<F>,
  { set = {}, ...options }: TinyOptions & { readonly set?: Readonly<Record<string, string>> } = {},
): Dataset {
  const data = tinyData(recipe.data, options);
  const config = parseConfig(recipe.fields, { set });
  return recipe.prepare?.(data, config, { split: 'train', seed: 3 }) ?? data;
}

/** The images of tiny data sets that a recipe is given. */
function tinySpecs<F extends Fields>(
  recipe: Recipe<F>,
  { set, resolution }: { readonly set: Record<string, string>; readonly resolution: number },
): DataSpecs {
  if (recipe.prepare) return tinyDataFor(recipe, { set, resolution }).specs;
  const kind = recipe.data ?? 'images';
  const shape = { channels: 1, height: resolution, width: resolution };
  if (kind === 'images') return { images: { ...shape, classes: 3 } };
  return { a: { ...shape, classes: 0 }, b: { ...shape, classes: 0 } };
}

/** A data set of noisy images of any kind, the same for the same arguments. */
export function tinyData(
  kind: DataKind = 'images',
  { count = 40, channels = 1, resolution = 16 }: TinyOptions = {},
): Dataset {
  if (kind === 'images') return tinyDataset({ count, channels, resolution });
  if (kind === 'pairs') {
    const { pixels } = tinyDataset({ count, channels: 2 * channels, resolution });
    const both = { a: channels, b: channels };
    return new PairedDataset({ name: 'tiny pairs', channels: both, ...sizeOf(resolution), pixels });
  }
  const [a, b] = [count, count - 8].map((size) => tinyDataset({ count: size, channels, resolution }));
  return new UnpairedDataset({ name: 'tiny domains', a, b });
}

/** A folder for one test, removed after it. */
export function temporaryFolder(): { readonly path: string } {
  const holder = { path: '' };
  beforeEach(() => {
    holder.path = mkdtempSync(join(tmpdir(), 'libtorch-gan-'));
  });
  afterEach(() => rmSync(holder.path, { recursive: true, force: true }));
  return holder;
}

/** Runs a training to its end. */
export async function reportsOf(reports: AsyncIterable<Report>): Promise<Report[]> {
  const all: Report[] = [];
  for await (const report of reports) all.push(report);
  return all;
}

/** The sha256 of every file below a folder, by path: equal ones are byte-identical. */
export function filesOf(folder: string): Record<string, string> {
  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(folder, name)).isFile()).sort();
  return Object.fromEntries(files.map((name) => [name, hash(name)]));
}
