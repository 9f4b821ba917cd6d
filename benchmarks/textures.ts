// Cuts a texture into patches, and draws defects with masks into a fifth of those to test: what an anomaly model learns and is judged by.
//   npx ts-node benchmarks/textures.ts ../shared/data/textures/brick.png --out runs/textures/brick
//   npx ts-node scripts/train.ts cut-paste --dataset folder:runs/textures/brick/train --channels 1 --resolution 64 --steps 600 --augment-flip --set lighting=0.1 --out runs/brick
//   npx ts-node scripts/score.ts --checkpoint runs/brick --in runs/textures/brick/test --masks runs/textures/brick/masks
// Patches to learn are of the upper three quarters of the picture, those to test of the rest: no pixel is in both.
import { join } from 'node:path';
import { decodeWhole, loadSharp } from '../src/data/decode-image';
import { drawLine } from '../src/data/pen';
import { Prng } from '../src/data/prng';
import { makeFolder } from '../src/io/make-folder';
import { writePng } from '../src/io/png';

const SIDE = 64;
const AREA = SIDE * SIDE;
const LEARNED = 2_000;
const TESTED = 500;
const DEFECTS = 0.2;
const SEED = 1;

interface Texture {
  readonly pixels: Uint8Array;
  readonly width: number;
}

/** Rows of the picture that patches may come from. */
interface Rows {
  readonly from: number;
  readonly to: number;
}

function cut({ pixels, width }: Texture, { from, to }: Rows, random: Prng): Uint8Array {
  const left = random.below(width - SIDE + 1);
  const top = from + random.below(to - from - SIDE + 1);
  const patch = new Uint8Array(AREA);
  for (let row = 0; row < SIDE; row++) {
    const start = (top + row) * width + left;
    patch.set(pixels.subarray(start, start + SIDE), row * SIDE);
  }
  return patch;
}

/** How much of each pixel a defect covers, 0–255: a scratch, or a spot. */
function shapeOf(random: Prng): Uint8Array {
  const cover = new Uint8Array(AREA);
  const isScratch = random.uniform() < 0.5;
  const points = isScratch ? 4 : 2;
  const line = { x: new Float64Array(points), y: new Float64Array(points), radius: new Float64Array(points) };
  const radius = isScratch ? random.between(1, 2) : random.between(5, 9);
  let [x, y] = [random.between(16, 48), random.between(16, 48)];
  for (let i = 0; i < points; i++) {
    [line.x[i], line.y[i], line.radius[i]] = [x, y, radius];
    const step = isScratch ? 10 : 4;
    x += random.between(-step, step);
    y += random.between(-step, step);
  }
  drawLine(
    { pixels: cover, offset: 0, size: SIDE },
    { ...line, start: 0, end: points },
    { edge: 1.5, ink: 255 },
  );
  return cover;
}

/** A patch with a defect: a scratch or spot that is lighter or darker, or shows the texture turned on its side. */
function spoil(
  patch: Uint8Array,
  other: Uint8Array,
  random: Prng,
): { readonly patch: Uint8Array; readonly mask: Uint8Array } {
  const cover = shapeOf(random);
  const turned = random.uniform() < 1 / 3;
  const shift = random.between(50, 90) * (random.uniform() < 0.5 ? -1 : 1);
  const spoilt = patch.map((value, i) => {
    const own = turned
      ? other[(i % SIDE) * SIDE + Math.floor(i / SIDE)]
      : Math.max(0, Math.min(255, value + shift));
    return Math.round(value + ((own - value) * cover[i]) / 255);
  });
  return { patch: spoilt, mask: cover.map((value) => (value > 127 ? 255 : 0)) };
}

async function main(): Promise<void> {
  const [picture, flag, out] = process.argv.slice(2);
  if (picture === undefined || flag !== '--out' || out === undefined)
    throw new Error('expected a picture and --out FOLDER: try brick.png --out runs/textures/brick');
  const texture = await decodeWhole(await loadSharp(), picture, 1);
  const border = Math.floor(texture.height * 0.75);
  const random = new Prng(SEED);
  for (const folder of ['train', 'test', 'masks']) makeFolder(join(out, folder));
  const write = (folder: string, i: number, pixels: Uint8Array) =>
    writePng(join(out, folder, `${String(i).padStart(5, '0')}.png`), {
      width: SIDE,
      height: SIDE,
      channels: 1,
      pixels,
    });
  const [upper, lower] = [
    { from: 0, to: border },
    { from: border, to: texture.height },
  ];
  for (let i = 0; i < LEARNED; i++) await write('train', i, cut(texture, upper, random));
  for (let i = 0; i < TESTED; i++) {
    const patch = cut(texture, lower, random);
    const spoilt = i < TESTED * DEFECTS ? spoil(patch, cut(texture, lower, random), random) : null;
    await write('test', i, spoilt?.patch ?? patch);
    if (spoilt) await write('masks', i, spoilt.mask);
  }
  console.log(
    `${LEARNED} patches to learn, ${TESTED} to test, ${TESTED * DEFECTS} of them with a defect: ${out}`,
  );
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
