import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImageDataset } from '../../src/data/dataset';
import type { Loader } from '../../src/data/loader';
import { type Fields, parseConfig } from '../../src/recipes/config';
import type { Recipe } from '../../src/recipes/recipe';
import { manualSeed } from '../../src/tensor/random';
import type { Model, Report } from '../../src/training/trainer';
import { testDevice } from './fixtures';

/** A data set of `count` noisy labelled images, the same for the same arguments. */
export function tinyDataset({
  count = 96,
  channels = 1,
  resolution = 16,
  labelled = true,
} = {}): ImageDataset {
  const pixels = Uint8Array.from(
    { length: count * channels * resolution ** 2 },
    (_, i) => (i * 7919 + (i >> 5) * 31) % 256,
  );
  const labels = labelled ? Array.from({ length: count }, (_, i) => i % 3) : null;
  return new ImageDataset({ name: 'tiny', channels, resolution, pixels, labels });
}

/** A loader of such a data set. */
export function tinyLoader(
  options: { count?: number; batch?: number; resolution?: number; labelled?: boolean } = {},
): Loader {
  return tinyDataset(options).loader({ batch: options.batch ?? 8, seed: 3, device: testDevice });
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
  return recipe.build(config, { channels: 1, resolution, classes: 3 }, { steps });
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

/** The sha256 of every file in a folder, by name: equal ones are byte-identical. */
export function filesOf(folder: string): Record<string, string> {
  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(readdirSync(folder).map((name) => [name, hash(name)]));
}
