import sharp from 'sharp';

/** The ICC profile that sharp brings along. */
export async function profileOf(name: 'p3' | 'srgb'): Promise<Buffer> {
  const create = { width: 1, height: 1, channels: 3, background: 'red' } as const;
  const { icc } = await sharp(await sharp({ create }).withIccProfile(name).png().toBuffer()).metadata();
  if (!icc) throw new Error('no profile');
  return icc;
}

/** A value of sRGB, or of Display P3, in [0, 1] → its light. */
const light = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
/** Light in [0, 1] → its value in sRGB. */
export const shown = (linear: number) => {
  const inside = Math.min(1, Math.max(0, linear));
  return inside <= 0.0031308 ? 12.92 * inside : 1.055 * inside ** (1 / 2.4) - 0.055;
};

/** Light of Display P3's primaries in that of sRGB's (both with the white D65). */
const P3_TO_SRGB = [
  [1.2249402, -0.2249402, 0],
  [-0.042057, 1.042057, 0],
  [-0.0196376, -0.078636, 1.0982736],
];

/** Display P3 → sRGB, both in [0, 1]. */
export function fromP3(colour: readonly number[]): number[] {
  const linear = colour.map(light);
  return P3_TO_SRGB.map((weights) => shown(weights.reduce((sum, weight, i) => sum + weight * linear[i], 0)));
}

/** An ICC profile of grey whose light is value^gamma. */
export function greyProfile(gamma: number): Buffer {
  const white = Buffer.alloc(20);
  white.write('XYZ ');
  // D50, in fixed point of 16 bits.
  const d50 = [63190, 65536, 54061];
  for (const [i, value] of d50.entries()) white.writeInt32BE(value, 8 + 4 * i);
  const curve = Buffer.alloc(16);
  curve.write('curv');
  curve.writeUInt32BE(1, 8);
  curve.writeUInt16BE(Math.round(gamma * 256), 12);
  const name = Buffer.alloc(100);
  name.write('desc');
  name.writeUInt32BE(2, 8);
  name.write('g', 12);
  const header = Buffer.alloc(128);
  header.writeUInt32BE(0x02400000, 8);
  header.write('mntrGRAYXYZ ', 12);
  header.write('acsp', 36);
  for (const [i, value] of d50.entries()) header.writeInt32BE(value, 68 + 4 * i);
  const tags = { desc: name, wtpt: white, kTRC: curve };
  const table = Buffer.alloc(4 + 12 * 3);
  table.writeUInt32BE(3);
  let at = header.length + table.length;
  for (const [i, [tag, data]] of Object.entries(tags).entries()) {
    table.write(tag, 4 + 12 * i);
    table.writeUInt32BE(at, 8 + 12 * i);
    table.writeUInt32BE(data.length, 12 + 12 * i);
    at += data.length;
  }
  header.writeUInt32BE(at, 0);
  return Buffer.concat([header, table, name, white, curve]);
}
