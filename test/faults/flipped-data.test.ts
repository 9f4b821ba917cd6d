// Data files that users bring, with a bit flipped, cut off or longer than they were. Where a format has no hash of its own, other pixels
// are not a fault: the hash that a run keeps of its images differs then, by which a resume tells them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import type { ImageDataset } from '../../src/data/dataset';
import { decodeImage, loadSharp } from '../../src/data/decode-image';
import { readFolder } from '../../src/data/folder-contents';
import { identityOf } from '../../src/data/identity';
import { imageFolder } from '../../src/data/image-folder';
import { mnist } from '../../src/data/mnist';
import { readPng, writePng } from '../../src/io/png';
import { readSafetensors } from '../../src/io/read-tensors';
import { writeSafetensors } from '../../src/io/safetensors';
import { ScriptModule } from '../../src/io/script-module';
import { noGrad } from '../../src/tensor/autograd';
import { scope } from '../../src/tensor/scope';
import { environment, idx, put, temporaryFolder } from '../data/files';
import { bmp } from '../data/image-files';
import { readFixture } from '../support/fixtures';
import { eachDamage, type Outcome, refused } from './damage';

const folder = temporaryFolder();
environment(() => ({ XDG_CACHE_HOME: folder.path('cache') }));

const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7919 + (i >> 5) * 31) % 256);

async function pixelsOf(dataset: ImageDataset): Promise<number[]> {
  const reader = await dataset.pixels.open();
  const pixels = await reader.read(Int32Array.from({ length: dataset.count }, (_, i) => i));
  await reader.close();
  return [...pixels, ...(dataset.labels ?? [])];
}

/** Refused in one line that names the file, or images whose hash tells that they are others. */
async function toldApart(
  load: () => Promise<ImageDataset>,
  whole: ImageDataset,
  name: string,
): Promise<Outcome> {
  let dataset: ImageDataset;
  try {
    dataset = await load();
  } catch (error) {
    return refused(error, name);
  }
  const same = JSON.stringify(await pixelsOf(dataset)) === JSON.stringify(await pixelsOf(whole));
  expect((await identityOf(dataset)).sha256 === (await identityOf(whole)).sha256).toBe(same);
  return 'harmless';
}

describe.each(['', '.gz'])('IDX files%s', (ending) => {
  const images = () => folder.path('mnist', `train-images-idx3-ubyte${ending}`);
  const labels = () => folder.path('mnist', `train-labels-idx1-ubyte${ending}`);
  const load = () => mnist({ dataDir: folder.path(), resolution: 28 });
  beforeEach(() => {
    put(images(), idx([8, 28, 28], noise(8 * 28 * 28)), { gzip: ending === '.gz' });
    put(labels(), idx([8], [0, 1, 2, 3, 4, 5, 6, 7]), { gzip: ending === '.gz' });
  });

  test.each([
    ['images', images, 80],
    ['labels', labels, 40],
  ] as const)('%s: refused, or told apart', async (_, file, flips) => {
    const whole = await load();
    const outcomes = await eachDamage(file(), { flips }, () => toldApart(load, whole, 'train-'));
    expect(outcomes.refused).toBeGreaterThan(flips / 10);
    // gzip has a checksum of its own: what it lets through is not the pixels.
    if (ending === '.gz') {
      const before = JSON.stringify(await pixelsOf(whole));
      const zipped = readFileSync(file());
      for (let place = 10; place < zipped.length - 8; place += Math.ceil(zipped.length / 60)) {
        const bytes = Buffer.from(zipped);
        bytes[place] ^= 4;
        writeFileSync(file(), bytes);
        const found = await load().then(pixelsOf, () => null);
        expect(found === null || JSON.stringify(found) === before).toBe(true);
      }
    }
  });
});

describe('images of a folder', () => {
  const SIDE = 24;
  const raw = { width: SIDE, height: SIDE, channels: 3 as const };
  const picture = () => sharp(noise(SIDE * SIDE * 3), { raw });
  const ofBmp = () =>
    bmp({
      width: 4,
      height: 4,
      bits: 24,
      rows: Array.from({ length: 4 }, (_, y) => [...noise(12)].map((value) => (value + y) % 256)),
    });
  const MAKERS: Record<string, () => Promise<Buffer> | Buffer> = {
    png: () => picture().png().toBuffer(),
    jpg: () => picture().jpeg().toBuffer(),
    webp: () => picture().webp({ lossless: true }).toBuffer(),
    gif: () => picture().gif().toBuffer(),
    tiff: () => picture().tiff().toBuffer(),
    bmp: ofBmp,
  };

  test.each(Object.keys(MAKERS))('%s: refused by its name, or pixels of the right number', async (format) => {
    const file = folder.path(`image.${format}`);
    put(file, await MAKERS[format]());
    const form = { channels: 3, height: 16, width: 16, fit: 'crop' } as const;
    const load = await loadSharp();
    const whole = await decodeImage(load, file, form);
    let differing = 0;
    const outcomes = await eachDamage(file, { flips: 80 }, async () => {
      try {
        const pixels = await decodeImage(load, file, form);
        expect(pixels).toHaveLength(3 * 16 * 16);
        if (Buffer.compare(pixels, whole) !== 0) differing++;
        return 'harmless';
      } catch (error) {
        expect(error).toMatchObject({ message: expect.stringContaining(`image.${format}`) });
        expect(error).toMatchObject({ message: expect.not.stringMatching(/\n/) });
        return 'refused';
      }
    });
    expect(outcomes.refused).toBeGreaterThan(4);
    // Its chunks have checksums.
    if (format === 'png') expect(differing).toBe(0);
  });

  test.each(['fail', 'skip'] as const)(
    'one damaged among good ones, --on-bad-image %s',
    async (onBadImage) => {
      const good = await MAKERS.png();
      for (const name of ['0.png', '1.png', '2.png']) put(folder.path('images', name), good);
      const damaged = folder.path('images', '1.png');
      await eachDamage(damaged, { flips: 20 }, async () => {
        try {
          const { count, skipped } = await imageFolder(folder.path('images'), { resolution: 16, onBadImage });
          expect([count, skipped.length]).toEqual(
            onBadImage === 'skip' && skipped.length > 0 ? [2, 1] : [3, 0],
          );
          return skipped.length > 0 ? 'rebuilt' : 'harmless';
        } catch (error) {
          expect(onBadImage).toBe('fail');
          return refused(error, '1.png');
        }
      });
      expect((await readFolder(folder.path('images'))).images).toHaveLength(3);
    },
  );
});

test('readSafetensors: refused in one line, or what the file says, and no tensor stays', async () => {
  const file = folder.path('some.safetensors');
  const bytes = noise(96);
  await writeSafetensors(
    file,
    {
      a: { dtype: 'F32', shape: [2, 3], bytes: bytes.subarray(0, 24) },
      b: { dtype: 'U8', shape: [72], bytes: bytes.subarray(24) },
    },
    { metadata: { made: 'here' } },
  );
  const outcomes = await eachDamage(file, { flips: 200 }, async () => {
    try {
      const tensors = await readSafetensors(file, { device: 'cpu' });
      const sizes = Object.values(tensors).map((tensor) => tensor.toBytes().length);
      for (const tensor of Object.values(tensors)) tensor.dispose();
      expect(sizes).toEqual([24, 72]);
      return 'harmless';
    } catch (error) {
      return refused(error, 'some.safetensors');
    }
  });
  expect(outcomes.refused).toBeGreaterThan(80);
});

test('TorchScript: refused by its name, or a network that gives the same', async () => {
  const fixture = readFixture('io/script');
  const file = folder.path('network.pt');
  writeFileSync(file, readFileSync(join(__dirname, '..', 'fixtures', 'io', 'script', 'plain.pt')));
  const output = () => {
    const script = new ScriptModule(file);
    try {
      return scope(() => noGrad(() => [...script.run(fixture.tensor('images'))[''].toTypedArray()]));
    } finally {
      script.dispose();
    }
  };
  const whole = output();
  const outcomes = await eachDamage(file, { flips: 400 }, () => {
    try {
      expect(output()).toEqual(whole);
      return 'harmless';
    } catch (error) {
      return refused(error, 'network.pt');
    }
  });
  expect(outcomes.refused).toBeGreaterThan(200);
});

test('readPng: refused in one line that names the file, or a picture of the same size', async () => {
  const file = folder.path('mask.png');
  await writePng(file, { width: 9, height: 7, channels: 3, pixels: noise(189) });
  const whole = await readPng(file);
  const outcomes = await eachDamage(file, { flips: 100 }, async () => {
    try {
      expect(await readPng(file)).toEqual(whole);
      return 'harmless';
    } catch (error) {
      return refused(error, 'mask.png');
    }
  });
  expect(outcomes.refused).toBeGreaterThan(80);
});

test('a gzip that unpacks to gigabytes is refused before it does', async () => {
  const header = idx([8, 28, 28], []);
  put(
    folder.path('mnist', 'train-images-idx3-ubyte.gz'),
    gzipSync(Buffer.concat([header, Buffer.alloc(2 ** 28)])),
  );
  put(folder.path('mnist', 'train-labels-idx1-ubyte.gz'), idx([8], noise(8)), { gzip: true });
  const before = process.resourceUsage().maxRSS;
  refused(await mnist({ dataDir: folder.path() }).catch((error) => error), 'train-images');
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(100_000);
});
