// Cuts a texture into patches, and draws defects with masks into a fifth of those to test: what an anomaly model learns and is judged by.
//   npx ts-node benchmarks/textures.ts ../shared/data/textures/brick.png --out runs/textures/brick
//   npx ts-node scripts/train.ts cut-paste --dataset folder:runs/textures/brick/train --channels 1 --augment-flip --set lighting=0.1 --out runs/brick
//   npx ts-node scripts/score.ts --checkpoint runs/brick --in runs/textures/brick/test --masks runs/textures/brick/masks
// No pixel is both in a patch to learn and in one to test.
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
  readonly height: number;
}

/** Tiles a side that the picture is divided into. In each row and each column of them one is for tests: its number in the row. */
const TESTED_TILES = [1, 3, 0, 2];

/**
 * A patch of the picture at random, either to learn, without a pixel of a tile for tests, or to test, within such a tile. These lie all over the picture,
 * since light and what lies about are not the same in all of it.
 */
function cut(texture: Texture, use: 'learn' | 'test', random: Prng): Uint8Array {
  for (;;) {
    const [left, top] = [texture.width, texture.height].map((length) => random.below(length - SIDE + 1));
    const within = tilesOf(texture, left, top);
    if (use === 'learn' ? within.every((tested) => !tested) : within.length === 1 && within[0])
      return patchAt(texture, left, top);
  }
}

/** Of each tile that a patch touches, whether it is for tests. */
function tilesOf({ width, height }: Texture, left: number, top: number): boolean[] {
  const tiles = TESTED_TILES.length;
  const touched = (start: number, length: number) => {
    const [first, last] = [start, start + SIDE - 1].map((at) => Math.floor((at * tiles) / length));
    return first === last ? [first] : [first, last];
  };
  const columns = touched(left, width);
  return touched(top, height).flatMap((row) => columns.map((column) => TESTED_TILES[row] === column));
}

function patchAt({ pixels, width }: Texture, left: number, top: number): Uint8Array {
  const patch = new Uint8Array(AREA);
  for (let row = 0; row < SIDE; row++) {
    const start = (top + row) * width + left;
    patch.set(pixels.subarray(start, start + SIDE), row * SIDE);
  }
  return patch;
}

/** What is wrong in a spoilt patch, in turn. */
const KINDS = ['scratch', 'stain', 'lid'] as const;

type Kind = (typeof KINDS)[number];

/** How much of each pixel a defect covers, 0–255: a scratch across the patch, or a round spot. */
function shapeOf(kind: Kind, random: Prng): Uint8Array {
  const cover = new Uint8Array(AREA);
  const isScratch = kind === 'scratch';
  const points = isScratch ? 4 : 2;
  const line = { x: new Float64Array(points), y: new Float64Array(points), radius: new Float64Array(points) };
  const radius = isScratch ? random.between(1, 2) : random.between(5, 9);
  const step = isScratch ? random.between(6, 12) : 0;
  const stray = 4;
  const angle = random.between(0, 2 * Math.PI);
  let [x, y] = [random.between(16, 48), random.between(16, 48)];
  for (let i = 0; i < points; i++) {
    [line.x[i], line.y[i], line.radius[i]] = [x, y, radius];
    x += step * Math.cos(angle) + random.between(-stray, stray);
    y += step * Math.sin(angle) + random.between(-stray, stray);
  }
  drawLine(
    { pixels: cover, offset: 0, size: SIDE },
    { ...line, start: 0, end: points },
    { edge: 1.5, ink: 255 },
  );
  return cover;
}

/**
 * What a defect shows in place of the patch: a scratch is of one grey near black or white, a stain lighter or darker by two to three standard deviations of
 * the picture, so that it stands out of every texture alike, a lid a spot of any one grey.
 */
function contentOf(kind: Kind, patch: Uint8Array, deviation: number, random: Prng): Uint8Array {
  const light = random.uniform() < 0.5;
  const share = random.uniform();
  switch (kind) {
    case 'scratch':
      return patch.map(() => (light ? 255 - 30 * share : 30 * share));
    case 'stain': {
      const shift = (2 + share) * deviation * (light ? 1 : -1);
      return patch.map((value) => Math.max(0, Math.min(255, value + shift)));
    }
    case 'lid':
      return patch.map(() => 255 * share);
  }
}

/** A patch with a defect that is seen: under it pixels change by a standard deviation of the picture in the mean, else it is drawn again. */
function spoil(
  patch: Uint8Array,
  { kind, deviation, random }: { readonly kind: Kind; readonly deviation: number; readonly random: Prng },
): { readonly patch: Uint8Array; readonly mask: Uint8Array } {
  for (;;) {
    const cover = shapeOf(kind, random);
    const content = contentOf(kind, patch, deviation, random);
    const spoilt = patch.map((value, i) => Math.round(value + ((content[i] - value) * cover[i]) / 255));
    const mask = cover.map((value) => (value > 127 ? 255 : 0));
    const under = mask.reduce((sum, value) => sum + value / 255, 0);
    const change = mask.reduce((sum, value, i) => sum + (value / 255) * Math.abs(spoilt[i] - patch[i]), 0);
    if (change > deviation * under) return { patch: spoilt, mask };
  }
}

/** The standard deviation of the picture's pixels. */
function deviationOf(pixels: Uint8Array): number {
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  return Math.sqrt(pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length);
}

async function main(): Promise<void> {
  const [picture, flag, out] = process.argv.slice(2);
  if (picture === undefined || flag !== '--out' || out === undefined)
    throw new Error('expected a picture and --out FOLDER: try brick.png --out runs/textures/brick');
  const texture = await decodeWhole(await loadSharp(), picture, 1);
  const { width, height, pixels } = texture;
  const deviation = deviationOf(pixels);
  const least = TESTED_TILES.length * SIDE;
  // In a smaller picture no patch lies in one tile, and on paper of one grey no stain is seen: both are drawn for ever.
  if (Math.min(width, height) < least || deviation === 0)
    throw new Error(
      `expected a picture of a texture, ${least}×${least} pixels or more, but ${picture} is ${width}×${height}${deviation === 0 ? ' of one grey' : ''}`,
    );
  const random = new Prng(SEED);
  for (const folder of ['train', 'test', 'masks']) makeFolder(join(out, folder));
  const write = (folder: string, name: string, patch: Uint8Array) =>
    writePng(join(out, folder, `${name}.png`), { width: SIDE, height: SIDE, channels: 1, pixels: patch });
  const numbered = (i: number) => String(i).padStart(5, '0');
  for (let i = 0; i < LEARNED; i++) await write('train', numbered(i), cut(texture, 'learn', random));
  for (let i = 0; i < TESTED; i++) {
    const patch = cut(texture, 'test', random);
    const kind = i < TESTED * DEFECTS ? KINDS[i % KINDS.length] : null;
    if (kind === null) await write('test', `${numbered(i)}-normal`, patch);
    else {
      const spoilt = spoil(patch, { kind, deviation, random });
      const name = `${numbered(i)}-${kind}`;
      await write('test', name, spoilt.patch);
      await write('masks', name, spoilt.mask);
    }
  }
  console.log(
    `${LEARNED} patches to learn, ${TESTED} to test, ${TESTED * DEFECTS} of them with a defect: ${out}`,
  );
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
