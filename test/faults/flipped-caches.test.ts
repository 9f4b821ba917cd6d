// Every file of the user's cache that is read back, with a bit flipped, cut off or longer than it was.
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { imageFolder } from '../../src/data/image-folder';
import { classifierFile, readClassifier, writeClassifier } from '../../src/metrics/features/classifier-cache';
import { untouchedRandom } from '../../src/metrics/features/random';
import { stateSha256 } from '../../src/metrics/features/state-hash';
import { prepareReal } from '../../src/metrics/real-images';
import { classifier } from '../../src/models/classifier';
import { addonFiles, loadAddon } from '../../src/native/load';
import { linear } from '../../src/nn/linear';
import { withLock } from '../../src/setup/lock';
import { scope } from '../../src/tensor/scope';
import { choosePrecision } from '../../src/training/precision';
import { RunLock, requireUnlocked } from '../../src/training/run-lock';
import { environment, plain, put, temporaryFolder } from '../data/files';
import { tinyExtractor } from '../support/extractor';
import { testDevice } from '../support/fixtures';
import { tinyDataset } from '../support/training';
import { eachDamage, refused } from './damage';

const folder = temporaryFolder();
environment(() => ({ XDG_CACHE_HOME: folder.path('cache') }));
const cache = (...parts: string[]) => folder.path('cache', 'libtorch-gan', ...parts);

function only(...parts: string[]): string {
  const names = readdirSync(cache(...parts));
  expect(names).toHaveLength(1);
  return cache(...parts, names[0]);
}

test('packed images: the same pixels and labels in any case, decoded again with a note', async () => {
  for (const [i, colour] of ['red', 'green', 'blue', 'white'].entries())
    put(
      folder.path('images', i < 2 ? 'a' : 'b', `${i}.png`),
      await plain('png', { width: 9, height: 7, colour }),
    );
  const load = async () => {
    const dataset = await imageFolder(folder.path('images'), { resolution: 8 });
    const reader = await dataset.pixels.open();
    const pixels = await reader.read(Int32Array.of(0, 1, 2, 3));
    await reader.close();
    const { labels, classNames, count, notes } = dataset;
    return { notes, facts: { pixels: [...pixels], labels: [...(labels ?? [])], classNames, count } };
  };
  const { facts: whole } = await load();
  const outcomes = await eachDamage(only('packed'), { flips: 80 }, async () => {
    const { facts, notes } = await load();
    expect(facts).toEqual(whole);
    if (notes.length === 0) return 'harmless';
    expect(notes).toEqual([
      expect.stringMatching(/the packed images in .*\.pack are damaged: .*decoded again/),
    ]);
    return 'rebuilt';
  });
  expect(outcomes).toEqual({ refused: 0, rebuilt: 86, harmless: 0 });
});

test('statistics of real images: the same features in any case, computed again with a note', async () => {
  const prepare = async (notes: string[] = []) => {
    const extractor = tinyExtractor();
    const cacheOf = cache('statistics');
    const real = await prepareReal(tinyDataset(), {
      extractor,
      cache: cacheOf,
      device: testDevice,
      onNote: (note) => notes.push(note),
    });
    const facts = {
      count: real.count,
      features: Array.from(real.features.toTypedArray(), Number),
      moments: scope(() =>
        Object.values(real.moments.stateDict()).map((each) => Array.from(each.toTypedArray(), Number)),
      ),
    };
    real.dispose();
    extractor.dispose();
    return facts;
  };
  const whole = await prepare();
  const outcomes = await eachDamage(only('statistics'), { flips: 80 }, async () => {
    const notes: string[] = [];
    expect(await prepare(notes)).toEqual(whole);
    if (notes.length === 0) return 'harmless';
    expect(notes).toEqual([expect.stringMatching(/^kept statistics of real images: .*computed again$/)]);
    return 'rebuilt';
  });
  expect(outcomes.rebuilt).toBeGreaterThan(76);
});

test('a classifier: refused by the name of its file, so that it is trained again, or the same weights', async () => {
  const id = { key: '0123456789abcdef'.repeat(4), name: 'classifier-tiny' };
  const network = untouchedRandom(() =>
    classifier({ channels: 1, classes: 3, width: 2, dimensions: 4 }).eval(),
  );
  const sha256 = stateSha256(network);
  await writeClassifier(id, { network, accuracy: 0.5, heldOut: 'test split', sha256 });
  network.dispose();
  const outcomes = await eachDamage(classifierFile(id), { flips: 80 }, async () => {
    try {
      const kept = await readClassifier(id);
      kept?.network.dispose();
      expect(kept).toMatchObject({ sha256, accuracy: 0.5, heldOut: 'test split' });
      return 'harmless';
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_(BAD_SAFETENSORS|STATE_DICT)$/) });
      return refused(error, 'classifier-tiny');
    }
  });
  expect(outcomes.refused).toBeGreaterThan(76);
});

test('precision.json: a time that was not measured is never taken', () => {
  const file = cache('precision.json');
  const networks = { generator: linear(2, 2) };
  const question = { networks, device: 'cpu', batch: 4, deterministic: false };
  const known = () => null;
  const first = { fp32: 2, bf16: 1 };
  const again = { fp32: 3, bf16: 1 };
  choosePrecision(question, { measure: () => first, file, known });
  return eachDamage(file, { flips: 80 }, () => {
    const { precision, times, note } = choosePrecision(question, { measure: () => again, file, known });
    expect(precision).toBe('bf16');
    if (times?.fp32 === first.fp32) {
      expect(times).toEqual(first);
      return 'harmless';
    }
    expect({ times, note }).toEqual({ times: again, note: `${file} was damaged` });
    return 'rebuilt';
  }).finally(() => networks.generator.dispose());
});

test('the lock of a run: what is in the file means nothing, and it keeps others out as long as its process lives', async () => {
  mkdirSync(folder.path('run'), { recursive: true });
  const lock = await RunLock.take(folder.path('run'));
  const file = folder.path('run', readdirSync(folder.path('run'))[0]);
  writeFileSync(file, 'process 4711');
  await eachDamage(file, { flips: 20 }, () => {
    try {
      requireUnlocked(folder.path('run'));
    } catch (error) {
      return refused(error, folder.path('run'));
    }
    throw new Error('expected to be kept out');
  });
  lock.release();
  requireUnlocked(folder.path('run'));
});

test('the lock of a download that is damaged and silent is taken over', async () => {
  const file = folder.path('download.lock');
  writeFileSync(file, `${process.pid} 00000000-0000-4000-8000-000000000000`);
  const outcomes = await eachDamage(file, { flips: 20 }, async () => {
    utimesSync(file, 1, 1);
    expect(await withLock(file, async () => readFileSync(file, 'utf8'))).toMatch(/^\d+ /);
    return 'rebuilt' as const;
  });
  expect(outcomes.rebuilt).toBe(26);
});

test('build.json beside the addon: it is told what is wrong, and nothing else happens', async () => {
  const root = folder.path('clone');
  const release = join(root, 'build', 'Release');
  mkdirSync(release, { recursive: true });
  mkdirSync(join(root, 'native'));
  const addon = join(release, 'libtorch_gan.node');
  const { stamp } = addonFiles();
  writeFileSync(addon, 'no addon');
  const file = join(release, 'build.json');
  writeFileSync(file, JSON.stringify(stamp));
  await eachDamage(file, { flips: 60 }, () => {
    try {
      loadAddon(root);
    } catch (error) {
      return refused(error, '');
    }
    throw new Error('expected that it does not load');
  });
});
