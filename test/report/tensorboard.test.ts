import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { decodePng, type Picture } from '../../src/io/png';
import { EventWriter } from '../../src/report/tensorboard';
import { maskedCrc32c, tfRecord } from '../../src/report/tfrecord';

const TENSORBOARD_FILE = join(__dirname, '../fixtures/report/events.bin');
const now = () => 1_700_000_000_250;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'events-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The payloads of a file of TFRecords, their CRCs checked. */
function payloads(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(maskedCrc32c(bytes.subarray(at, at + 8)));
    const payload = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedCrc32c(payload));
    found.push(payload);
    at += 16 + length;
  }
  return found;
}

describe('EventWriter refuses', () => {
  test('a folder that does not exist', () => {
    expect(() => new EventWriter(join(folder, 'none'))).toThrow(
      expect.objectContaining({
        code: 'ERR_CANNOT_WRITE',
        message: expect.stringContaining('create it first'),
      }),
    );
  });

  test('events after it was closed', () => {
    const writer = new EventWriter(folder);
    writer.close();
    writer.close();
    expect(() => writer.scalars(1, { a: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_CANNOT_WRITE', message: expect.stringContaining('was closed') }),
    );
  });

  test('a picture whose sizes do not fit', () => {
    const writer = new EventWriter(folder);
    const picture: Picture = { width: 2, height: 2, channels: 3, pixels: new Uint8Array(4) };
    expect(() => writer.image(1, { tag: 'samples', picture })).toThrow(
      expect.objectContaining({ code: 'ERR_BAD_PNG' }),
    );
    writer.close();
  });
});

test('a TFRecord of known bytes', () => {
  // The mask of 0 is the constant itself; of "123456789" by hand: rotate 0xe3069283 right by 15, add 0xa282ead8.
  expect(maskedCrc32c(new Uint8Array(0))).toBe(0xa282ead8);
  expect(maskedCrc32c(Buffer.from('123456789'))).toBe(0xc78ab0e5);
  expect(
    Buffer.from(tfRecord(Buffer.from('123456789')))
      .subarray(12)
      .toString('latin1', 0, 9),
  ).toBe('123456789');
});

test("the bytes are those of TensorBoard's own writer", () => {
  const writer = new EventWriter(folder, { resumedFrom: 100, now });
  writer.scalars(300, { 'loss/D': 0.1, größe: Number.POSITIVE_INFINITY });
  writer.scalars(5_000_000_000, { 'images/s': -2.5 });
  writer.close();
  expect(readFileSync(writer.file)).toEqual(readFileSync(TENSORBOARD_FILE));
});

test('the file is named as TensorBoard expects, and two writers in one second get two files', () => {
  const writers = [new EventWriter(folder, { now }), new EventWriter(folder, { now })];
  for (const writer of writers) writer.close();
  expect(readdirSync(folder)).toHaveLength(2);
  expect(basename(writers[0]!.file)).toMatch(/^events\.out\.tfevents\.1700000000\./);
  expect(writers[0]!.file < writers[1]!.file).toBe(true);
});

test('a file comes after those there are, also where the clock was set back', () => {
  for (const moment of [now(), now() - 86_400_000, now()])
    new EventWriter(folder, { now: () => moment }).close();
  const seconds = readdirSync(folder).map((name) => Number(name.split('.')[3]) - Math.floor(now() / 1000));
  expect(seconds.sort()).toEqual([0, 1, 2]);
});

test('a picture is stored as a PNG with its sizes', () => {
  const picture: Picture = { width: 2, height: 1, channels: 3, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  const writer = new EventWriter(folder, { now });
  writer.image(3, { tag: 'samples', picture });
  writer.close();
  const event = payloads(writer.file)[1]!;
  const start = event.indexOf('89504e47', 0, 'hex');
  expect(decodePng(event.subarray(start))).toEqual(picture);
  // height 1, width 2, colorspace 3: field number · 8 + wire type 0, then the value.
  expect(event.indexOf('080110021803', 0, 'hex')).toBeGreaterThan(0);
  expect(event.includes('samples')).toBe(true);
});

test('no scalars make no event', () => {
  const writer = new EventWriter(folder);
  writer.scalars(1, {});
  writer.close();
  expect(payloads(writer.file)).toHaveLength(1);
});
