import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { main as apply } from '../../src/cli/apply';
import type { DataSpecs } from '../../src/data/dataset';
import type { Loader } from '../../src/data/loader';
import { type PictureChannels, writePng } from '../../src/io/png';
import { recipes } from '../../src/recipes';
import { type ConfigOf, type Fields, parseConfig } from '../../src/recipes/config';
import type { Recipe } from '../../src/recipes/recipe';
import { rand } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { Trainer } from '../../src/training/trainer';
import { reportsOf, tinyDataset } from '../support/training';
import { FakeHost } from './fakes';

/** Calls a command on the CPU. */
export async function call(main: typeof apply, ...argv: string[]) {
  const host = new FakeHost();
  const code = await main(['--device', 'cpu', ...argv], host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

/** A path in the folder of the test that runs, which is empty when it begins. */
export type PlaceOf = (...names: string[]) => string;

/** Trains the models that a file of tests applies, in a folder that is gone after them; each test has a folder of its own. */
export function applyTests<T extends keyof typeof SETS>(
  names: readonly T[],
): { readonly runs: Readonly<Record<T, string>>; readonly at: PlaceOf } {
  const folder = mkdtempSync(join(tmpdir(), 'apply-'));
  const runs = Object.fromEntries(names.map((name) => [name, join(folder, name)])) as Record<T, string>;
  let place = 0;
  const at: PlaceOf = (...parts) => join(folder, `test-${place}`, ...parts);
  beforeAll(async () => {
    for (const name of names) await trainOne(runs[name], name);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    mkdirSync(at(), { recursive: true });
  });
  afterEach(() => {
    place++;
  });
  return { runs, at };
}

const SETS = {
  pix2pix: { width: 2, patch: '16' },
  cyclegan: { width: 2, blocks: 1, patch: '16', pool: 4 },
  mlp: { latentSize: 3 },
  inpaint: { width: 2, patch: '16' },
} as const;

/** A run of a recipe on tiny images, a step long. @param channels of the images that go in, and that come out (1 and 1) */
export async function trainOne(
  out: string,
  name: keyof typeof SETS,
  channels: readonly [number, number] = [1, 1],
): Promise<string> {
  const recipe = recipes[name];
  const set = parseConfig(recipe.fields, { file: SETS[name] });
  const loader = loaderFor(recipe, set, channels);
  manualSeed(3);
  const model = recipe.build(set, loader.specs, { steps: 1 });
  const trainer = new Trainer({ ...model, device: 'cpu', precision: 'fp32', seed: 1 });
  try {
    await reportsOf(trainer.fit(loader, { steps: 1, out, settings: { recipe: name, set }, page: false }));
  } finally {
    loader.dispose();
    trainer.dispose();
  }
  return out;
}

function loaderFor(recipe: Recipe, set: ConfigOf<Fields>, [a, b]: readonly [number, number]): Loader {
  if ((recipe.data ?? 'images') !== 'images') return domains([a, b]);
  const dataset = tinyDataset({ count: 40, channels: a });
  const prepared = recipe.prepare?.(dataset, set, { split: 'train', seed: 3 }) ?? dataset;
  return prepared.loader({ batch: 4, seed: 3, device: 'cpu' });
}

/** Noise as images `a` and `b`. */
function domains([a, b]: readonly [number, number]): Loader {
  const size = { height: 16, width: 16, classes: 0 };
  const specs: DataSpecs = { a: { channels: a, ...size }, b: { channels: b, ...size } };
  return {
    name: 'noise',
    specs,
    batch: 2,
    batchesPerEpoch: 4,
    epoch: 0,
    next: async () => ({ a: rand([2, a, 16, 16]), b: rand([2, b, 16, 16]) }),
    state: () => ({}),
    start: () => ({}),
    setState: () => undefined,
    to: () => undefined,
    dispose: () => undefined,
  };
}

/** Writes a picture, the same for the same size. */
export async function draw(
  file: string,
  height: number,
  width: number,
  channels: PictureChannels = 1,
): Promise<void> {
  const pixels = Uint8Array.from({ length: height * width * channels }, (_, i) => (i * 37 + (i >> 6)) % 256);
  mkdirSync(dirname(file), { recursive: true });
  await writePng(file, { height, width, channels, pixels });
}

/** Images of 16×16 pixels of these names, and one of 21×35 in a sub-folder. */
export async function drawPhotos(at: PlaceOf, names: readonly string[]): Promise<string> {
  for (const name of names) await draw(at('photos', name), 16, 16);
  await draw(at('photos', 'inner', 'c.png'), 21, 35);
  return at('photos');
}
