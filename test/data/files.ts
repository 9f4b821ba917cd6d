import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';

/** A temporary folder for each test, removed after it; `path()` is where it is. */
export function temporaryFolder(): { path: (...parts: string[]) => string } {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'libtorch-gan-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return { path: (...parts) => join(folder, ...parts) };
}

/** Sets environment variables for each test, and puts them back after it. */
export function environment(variables: () => Record<string, string | undefined>): void {
  let before: NodeJS.ProcessEnv = {};
  beforeEach(() => {
    before = { ...process.env };
    for (const [name, value] of Object.entries(variables()))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });
  afterEach(() => {
    process.env = before;
  });
}

/** A URL where nothing answers, so that no test reaches the network: below the ports that systems give to servers of tests. */
export const NOWHERE = 'http://127.0.0.1:2';

/** An IDX file of unsigned bytes. */
export function idx(shape: number[], data: ArrayLike<number>, magic = 0x0800 + shape.length): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(magic);
  for (const [i, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([header, Uint8Array.from(data)]);
}

/** Writes a file, with the folders above it. */
export function put(path: string, contents: string | Uint8Array, { gzip = false } = {}): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, gzip ? gzipSync(contents) : contents);
}

/** An image of one colour, as a file's bytes. */
export function plain(
  format: 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff',
  { width, height, colour }: { width: number; height: number; colour: string },
): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: colour } })
    .toFormat(format, format === 'gif' ? {} : { quality: 100 })
    .toBuffer();
}

/** The folder of real data sets, or null where there is none. */
export const realData: string | null =
  [process.env.LIBTORCH_GAN_DATA, resolve(__dirname, '../../../shared/data')].find(
    (folder) => folder && existsSync(folder),
  ) ?? null;

/** `test`, or a skipped one that says why, for what needs a real data set. */
export function testWithData(set: string, name: string, body: (dataDir: string) => Promise<void>): void {
  if (realData && existsSync(join(realData, set))) test(name, () => body(realData));
  else test.skip(`${name} (skipped: ${set} is not in LIBTORCH_GAN_DATA or ../shared/data)`, () => {});
}
