import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  encodeSafetensors,
  readSafetensors,
  type TensorRecord,
  writeSafetensors,
} from '../../src/io/safetensors';

const PYTHON_FILE = join(__dirname, '../fixtures/io/python.safetensors');

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
  file = join(folder, 'a.safetensors');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A file made by hand: the header as it is given, and so many bytes of data. */
function writeRaw(header: string | Uint8Array, dataBytes = 0, headerBytes?: bigint): void {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerBytes ?? BigInt(json.length));
  writeFileSync(file, Buffer.concat([length, json, Buffer.alloc(dataBytes)]));
}

function bytesOf(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

describe('readSafetensors refuses', () => {
  const entry = (fields: object) =>
    JSON.stringify({ w: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...fields } });

  test.each<[string, string | Uint8Array, number, RegExp]>([
    ['a header that is no JSON', '{"w":', 0, /header to be JSON/],
    ['a header that does not begin with a brace', ' {}', 0, /begin with "\{"/],
    ['a header that is not UTF-8', Buffer.from('{"\xff":1}', 'latin1'), 0, /UTF-8/],
    ['an entry that is no object', '{"w":3}', 0, /tensor "w": expected an object, but got 3/],
    [
      'an unknown dtype',
      entry({ dtype: 'F31' }),
      8,
      /tensor "w": expected one of the dtypes .*F32.*, but got "F31"/,
    ],
    ['a dtype that every object has', entry({ dtype: 'toString' }), 8, /but got "toString"/],
    ['a missing dtype', entry({ dtype: undefined }), 8, /but got nothing/],
    ['a negative dimension', entry({ shape: [-2] }), 8, /shape of whole numbers, but got \[-2\]/],
    ['a fractional dimension', entry({ shape: [0.5, 4] }), 8, /shape of whole numbers/],
    ['a shape that is no list', entry({ shape: 2 }), 8, /shape of whole numbers/],
    ['a shape too large to count', entry({ shape: [2 ** 40, 2 ** 40] }), 8, /too large/],
    [
      'a shape of very many numbers',
      entry({ shape: Array(9_999).fill(2) }),
      8,
      /shape \[2, 2, .{60,90}… is too large/,
    ],
    [
      'what is nested very deep',
      `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      0,
      /but got something nested too deeply/,
    ],
    ['offsets that are no pair', entry({ data_offsets: [0] }), 8, /two data_offsets, but got \[0\]/],
    [
      'offsets in the wrong order',
      entry({ data_offsets: [8, 0] }),
      8,
      /take 8 bytes, but its data_offsets \[8, 0\]/,
    ],
    [
      'offsets that differ from the shape',
      entry({ shape: [3] }),
      8,
      /take 12 bytes, but its data_offsets \[0, 8\]/,
    ],
    [
      'a hole before the first tensor',
      entry({ data_offsets: [4, 12] }),
      12,
      /should begin at byte 0, .* say 4/,
    ],
    ['bytes that are missing', entry({}), 7, /take 8 bytes, but 7 follow the header: it is cut off/],
    ['bytes that nobody owns', entry({}), 9, /take 8 bytes, but 9 follow the header: something was added/],
    ['metadata that is not text', '{"__metadata__":{"a":1}}', 0, /__metadata__ to map texts to texts/],
    [
      'tensors that overlap',
      '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}',
      6,
      /tensor "b" should begin at byte 4, but its data_offsets say 2/,
    ],
    [
      'a name that comes twice',
      '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}',
      8,
      /tensor "a" should begin at byte 0, but its data_offsets say 4/,
    ],
  ])('%s', async (_, header, dataBytes, message) => {
    writeRaw(header, dataBytes);
    await expect(readSafetensors(file)).rejects.toMatchObject({
      code: 'ERR_BAD_SAFETENSORS',
      message: expect.stringMatching(message),
    });
    await expect(readSafetensors(file)).rejects.toMatchObject({ message: expect.stringContaining(file) });
  });

  test.each<[string, bigint, RegExp]>([
    ['over the cap', 100_000_001n, /at most 100000000 bytes, but its length says 100000001/],
    ['past the end of the file', 3n, /should take 3 bytes, but only 2 follow: it is cut off/],
    ['of all ones', 0xffffffffffffffffn, /length says 18446744073709551615/],
  ])('a header length %s', async (_, length, message) => {
    writeRaw('{}', 0, length);
    await expect(readSafetensors(file)).rejects.toMatchObject({
      code: 'ERR_BAD_SAFETENSORS',
      message: expect.stringMatching(message),
    });
  });

  test.each([0, 1, 7])('a file of %i bytes', async (size) => {
    writeFileSync(file, Buffer.alloc(size));
    await expect(readSafetensors(file)).rejects.toMatchObject({
      code: 'ERR_BAD_SAFETENSORS',
      message: expect.stringContaining(`expected at least 8 bytes, but it has ${size}`),
    });
  });

  test('a file cut at any byte', async () => {
    const whole = readFileSync(PYTHON_FILE);
    for (let size = 0; size < whole.length; size += 13) {
      writeFileSync(file, whole.subarray(0, size));
      await expect(readSafetensors(file)).rejects.toMatchObject({ code: 'ERR_BAD_SAFETENSORS' });
    }
  });

  test('a file whose hash is not the expected one', async () => {
    const { sha256 } = await writeSafetensors(file, { w: { dtype: 'U8', shape: [1], bytes: bytesOf(1) } });
    const damaged = readFileSync(file);
    damaged[damaged.length - 1]! ^= 1;
    writeFileSync(file, damaged);
    await expect(readSafetensors(file)).resolves.toMatchObject({ records: {} });
    await expect(readSafetensors(file, { sha256 })).rejects.toMatchObject({
      code: 'ERR_BAD_SAFETENSORS',
      message: expect.stringContaining(`expected the sha256 ${sha256}`),
    });
  });

  test('a path that does not exist, and a folder', async () => {
    await expect(readSafetensors(join(folder, 'none'))).rejects.toMatchObject({
      code: 'ERR_CANNOT_READ',
      message: expect.stringMatching(/none: there is no such file: check the path \(ENOENT\)/),
    });
    await expect(readSafetensors(folder)).rejects.toMatchObject({ code: 'ERR_BAD_SAFETENSORS' });
  });
});

describe('writeSafetensors refuses', () => {
  test.each<[string, Record<string, TensorRecord>, RegExp]>([
    [
      'bytes that do not fit the shape',
      { w: { dtype: 'F32', shape: [2], bytes: bytesOf(1, 2, 3) } },
      /tensor "w": a tensor of F32 and shape \[2\] takes 8 bytes, but 3 came/,
    ],
    [
      'the reserved name',
      { __metadata__: { dtype: 'U8', shape: [0], bytes: bytesOf() } },
      /name is reserved/,
    ],
    ['a negative dimension', { w: { dtype: 'U8', shape: [-1], bytes: bytesOf() } }, /shape of whole numbers/],
  ])('%s, and writes nothing', async (_, records, message) => {
    await expect(writeSafetensors(file, records)).rejects.toMatchObject({
      code: 'ERR_BAD_SAFETENSORS',
      message: expect.stringMatching(message),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a folder that does not exist, and a folder in place of a file', async () => {
    mkdirSync(join(folder, 'taken'));
    await expect(writeSafetensors(join(folder, 'no/a'), {})).rejects.toMatchObject({
      code: 'ERR_CANNOT_WRITE',
      message: expect.stringContaining('its folder does not exist: create it first (ENOENT)'),
    });
    await expect(writeSafetensors(join(folder, 'taken'), {})).rejects.toMatchObject({
      code: 'ERR_CANNOT_WRITE',
    });
  });
});

const fullDisk = existsSync('/dev/full') ? test : test.skip;
fullDisk('a full disk is an error that says so (needs /dev/full)', async () => {
  await expect(
    writeSafetensors('/dev/full', { w: { dtype: 'U8', shape: [1], bytes: bytesOf(1) } }),
  ).rejects.toMatchObject({
    code: 'ERR_CANNOT_WRITE',
    message: expect.stringContaining('the disk is full: free some space or choose another folder (ENOSPC)'),
  });
  expect(existsSync('/dev/full')).toBe(true);
});

describe('safetensors', () => {
  test("a file by Python's safetensors is read value for value", async () => {
    const { records, metadata } = await readSafetensors(PYTHON_FILE);
    expect(metadata).toEqual({ format: 'pt' });
    expect(records['0.weight']).toMatchObject({ dtype: 'F32', shape: [2, 3] });
    expect(new Float32Array(records['0.weight']!.bytes.buffer)).toEqual(
      Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25),
    );
    expect(new BigInt64Array(records['1.num_batches_tracked']!.bytes.buffer)).toEqual(BigInt64Array.of(7n));
    expect(records['1.num_batches_tracked']!.shape).toEqual([]);
    expect(new Float64Array(records['1.running_mean']!.bytes.buffer)).toEqual(Float64Array.of(-1.5, 0.25));
    expect(new Uint16Array(records.half!.bytes.buffer)).toEqual(Uint16Array.of(0x3c00, 0xc000, 0x7bff));
    expect(new Uint16Array(records.brain!.bytes.buffer)).toEqual(Uint16Array.of(0x3f80, 0xc000, 0x3f00));
    expect(records.mask).toEqual({ dtype: 'BOOL', shape: [3], bytes: bytesOf(1, 0, 1) });
    expect(records.bytes).toEqual({ dtype: 'U8', shape: [4], bytes: bytesOf(0, 1, 254, 255) });
    expect(records.nothing).toEqual({ dtype: 'F32', shape: [0, 4], bytes: bytesOf() });
    expect(new Int32Array(records['größe 大']!.bytes.buffer)).toEqual(Int32Array.of(-3));
  });

  test("the same tensors in the same order give the bytes of Python's file", async () => {
    const { records, metadata } = await readSafetensors(PYTHON_FILE);
    await writeSafetensors(file, records, { metadata });
    expect(readFileSync(file)).toEqual(readFileSync(PYTHON_FILE));
  });

  test('tensors begin at a multiple of 8 bytes and keep the order given', async () => {
    for (const name of ['a', 'ab', 'abc', 'abcdefgh']) {
      await writeSafetensors(file, {
        [name]: { dtype: 'U8', shape: [3], bytes: bytesOf(1, 2, 3) },
        A: { dtype: 'U8', shape: [1], bytes: bytesOf(9) },
      });
      const bytes = readFileSync(file);
      expect(Number(bytes.readBigUInt64LE()) % 8).toBe(0);
      expect([...bytes.subarray(8 + Number(bytes.readBigUInt64LE()))]).toEqual([1, 2, 3, 9]);
    }
  });

  test('the size and hash returned are those of the file', async () => {
    const big = Uint8Array.from({ length: 9 << 20 }, (_, index) => index * 7);
    const written = await writeSafetensors(
      file,
      { big: { dtype: 'U8', shape: [9, 1 << 20], bytes: big } },
      { fsync: true },
    );
    const bytes = readFileSync(file);
    expect(written).toEqual({
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    const read = await readSafetensors(file, { sha256: written.sha256 });
    expect(read.sha256).toBe(written.sha256);
    expect(Buffer.compare(read.records.big!.bytes, big)).toBe(0);
  });

  test('bytes that are a view into a larger buffer are written alone', async () => {
    const bytes = Uint8Array.of(9, 9, 1, 2, 9).subarray(2, 4);
    await writeSafetensors(file, { w: { dtype: 'U8', shape: [2], bytes } });
    expect((await readSafetensors(file)).records.w!.bytes).toEqual(bytesOf(1, 2));
  });

  test('no tensors at all make a file', async () => {
    await writeSafetensors(file, {}, { metadata: { made: 'by hand' } });
    expect(await readSafetensors(file)).toMatchObject({ records: {}, metadata: { made: 'by hand' } });
  });
});

test('encoded bytes are those of the file, and records that do not fit are refused alike', async () => {
  const records: Record<string, TensorRecord> = {
    w: { dtype: 'F32', shape: [2], bytes: bytesOf(1, 2, 3, 4, 5, 6, 7, 8) },
    b: { dtype: 'U8', shape: [3], bytes: bytesOf(1, 2, 3) },
  };
  await writeSafetensors(file, records);
  expect(Buffer.from(encodeSafetensors(records)).equals(readFileSync(file))).toBe(true);
  expect(() => encodeSafetensors({ w: { ...records.w, shape: [3] } })).toThrow(/takes 12 bytes, but 8 came/);
});
