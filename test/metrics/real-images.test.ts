import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ModuleExtractorOptions, moduleExtractor } from '../../src/metrics/features/module';
import { frechetDistance } from '../../src/metrics/frechet';
import { prepareReal, type RealOptions } from '../../src/metrics/real-images';
import { Module } from '../../src/nn/module';
import type { Tensor } from '../../src/tensor/tensor';
import { tinyExtractor } from '../support/extractor';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { temporaryFolder, tinyDataset } from '../support/training';

const folder = temporaryFolder();

async function prepare(options: Partial<RealOptions> = {}, dataset = tinyDataset()) {
  const extractor = tinyExtractor();
  const cache = join(folder.path, 'cache');
  const real = await prepareReal(dataset, { extractor, cache, device: testDevice, ...options }).finally(() =>
    extractor.dispose(),
  );
  const facts = {
    cached: real.cached,
    count: real.count,
    rows: real.features.shape[0],
    first: real.order[0],
    hash: real.hash,
    features: Array.from(real.features.toTypedArray(), Number),
    toItself: frechetDistance(real.moments, real.moments),
  };
  real.dispose();
  return facts;
}

test('real images pass the network once: the second time they come from the cache, equal', async () => {
  const fresh = await prepare();
  const again = await prepare();
  expect([fresh.cached, again.cached]).toEqual([false, true]);
  expect(again).toEqual({ ...fresh, cached: true });
  expect([fresh.count, fresh.rows]).toEqual([96, 96]);
  expect(fresh.toItself).toBeLessThan(1e-12);
});

test('other pixels, another network or another count are computed anew', async () => {
  await prepare();
  expect((await prepare({}, tinyDataset({ count: 90 }))).cached).toBe(false);
  expect((await prepare({ count: 50 })).cached).toBe(false);
  const other = { ...tinyExtractor(), sha256: 'cd'.repeat(32) };
  expect((await prepare({ extractor: other })).cached).toBe(false);
  other.dispose();
});

class Means extends Module {
  override forward(images: Tensor): Tensor {
    return images.mean([2, 3]);
  }
}

class Brightest extends Module {
  override forward(images: Tensor): Tensor {
    return images.amax([2, 3]);
  }
}

test('networks of equal weights that compute otherwise, or are given another range, share nothing', async () => {
  const cached = async (module: Module, options: Partial<ModuleExtractorOptions> = {}) => {
    const extractor = moduleExtractor(module, { name: 'mine', channels: 3, device: testDevice, ...options });
    try {
      return (await prepare({ extractor })).cached;
    } finally {
      extractor.dispose();
    }
  };
  expect(await cached(new Means())).toBe(false);
  expect(await cached(new Means())).toBe(true);
  expect(await cached(new Brightest())).toBe(false);
  expect(await cached(new Means(), { range: [0, 1] })).toBe(false);
  expect(await cached(new Means(), { name: 'other' })).toBe(false);
  expect(await cached(new Means())).toBe(true);
});

test('a damaged cache is computed anew', async () => {
  const { features } = await prepare();
  const [name] = readdirSync(join(folder.path, 'cache'));
  const file = join(folder.path, 'cache', name);
  writeFileSync(file, readFileSync(file).subarray(0, 500));
  const notes: string[] = [];
  const again = await prepare({ onNote: (note) => notes.push(note) });
  expect(again.cached).toBe(false);
  expect(notes).toEqual([
    expect.stringMatching(/^kept statistics of real images: bad safetensors .*; they are computed again$/),
  ]);
  expect(again.features).toEqual(features);
  expect((await prepare()).cached).toBe(true);
});

test('a flipped bit anywhere in the cache is found, told, and computed anew', async () => {
  const { features, toItself } = await prepare();
  const [name] = readdirSync(join(folder.path, 'cache'));
  const file = join(folder.path, 'cache', name);
  const whole = readFileSync(file);
  for (let i = 0; i < 40; i++) {
    const bytes = Buffer.from(whole);
    bytes[Math.floor(((i + 0.5) * whole.length) / 40)] ^= 1 << (i % 8);
    writeFileSync(file, bytes);
    const notes: string[] = [];
    const again = await prepare({ onNote: (note) => notes.push(note) });
    expect([again.cached, notes.length]).toEqual([false, 1]);
    expect([again.features, again.toItself]).toEqual([features, toItself]);
  }
  expect((await prepare()).cached).toBe(true);
});

test('without a cache nothing is kept', async () => {
  await prepare({ cache: null });
  expect((await prepare({ cache: null })).cached).toBe(false);
  expect(readdirSync(folder.path)).toEqual([]);
});

test('counts that cannot be are refused', async () => {
  await expect(prepare({ count: 97 })).rejects.toEqual(
    usage('97 real images were asked for but "tiny" has 96'),
  );
  await expect(prepare({ count: 1 })).rejects.toEqual(usage('at least 2 but received 1'));
});
