import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode, messageOf } from '../../src/errors';
import { readStateDict } from '../../src/io/read-state-dict';
import { torchArchive, zipArchive } from '../support/torch-archive';

/** What reading so many damaged files came to. */
export interface MutantReport {
  /** Files that were read all the same: what was damaged says nothing of tensors, or is numbers of the legacy form. */
  readonly read: number;
  /** Errors by the first words of what they say, and how many. */
  readonly refused: Readonly<Record<string, number>>;
  /** What is no error of such a file, with the seed that makes it again. */
  readonly wrong: readonly string[];
  /** The longest time that one took, in milliseconds. */
  readonly slowest: number;
  /** The most memory of the process meanwhile, in bytes. */
  readonly memory: number;
}

/** A random whole number below a limit. */
type Draw = (below: number) => number;

/** Operations of pickles, those that make objects and calls before all. */
const OPERATIONS =
  '\x80\x81\x82\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x93\x94\x95()]}.012NKMJGUTXCBtaesuqrhjcRbQiopPVSFILdgl';
/** Names that must not be called. */
const NAMES = [
  'cposix\nsystem\n',
  'cbuiltins\neval\n',
  'c__builtin__\ngetattr\n',
  'ctorch\nload\n',
  'ctorch._utils\n_rebuild_tensor_v3\n',
];

/** Reads `count` mutants of PyTorch's files: bits turned, parts cut, doubled or exchanged, operations and foreign names put in. */
export async function readMutants({
  count,
  seed,
}: {
  readonly count: number;
  readonly seed: number;
}): Promise<MutantReport> {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  const file = join(folder, 'mutant.pth');
  const refused: Record<string, number> = {};
  const wrong: string[] = [];
  let [read, slowest, memory] = [0, 0, 0];
  try {
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      writeFileSync(file, mutant(drawOf(seed + i)));
      try {
        for (const tensor of Object.values(await readStateDict(file, { device: 'cpu' }))) tensor.dispose();
        read++;
      } catch (error) {
        if (!['ERR_BAD_STATE_DICT', 'ERR_BAD_SAFETENSORS'].some((code) => hasCode(error, code)))
          wrong.push(`seed ${seed + i}: ${messageOf(error)}`);
        const kind = messageOf(error)
          .replace(/^.*?mutant\.pth: /, '')
          .replace(/["\d].*$/s, '')
          .slice(0, 40);
        refused[kind] = (refused[kind] ?? 0) + 1;
      }
      slowest = Math.max(slowest, performance.now() - start);
      memory = Math.max(memory, process.memoryUsage.rss());
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { read, refused, wrong, slowest, memory };
}

const SOURCES = [
  'network',
  'views',
  'dtypes',
  'checkpoint',
  'pair',
  'parameters',
  'protocol-4',
  'network-legacy',
  'views-legacy',
  'dtypes-legacy',
];
const fixtures = join(__dirname, '../fixtures/io/state-dict');
const files = SOURCES.map((name) => readFileSync(join(fixtures, `${name}.pth`)));
const pickles = files.flatMap((bytes) => picklesOf(bytes));

/** The pickle and storages of an archive, whose members PyTorch aligns; none of the legacy form. */
function picklesOf(bytes: Buffer): { pickle: Buffer; storages: Record<string, Buffer> }[] {
  const members: Record<string, Buffer> = {};
  for (let at = bytes.indexOf('PK\x01\x02'); at >= 0 && bytes.readUInt32LE(at) === 0x02014b50; ) {
    const [name, extra, comment] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field));
    const [size, head] = [bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 42)];
    const start = head + 30 + bytes.readUInt16LE(head + 26) + bytes.readUInt16LE(head + 28);
    members[bytes.toString('latin1', at + 46, at + 46 + name)] = bytes.subarray(start, start + size);
    at += 46 + name + extra + comment;
  }
  const pickle = Object.keys(members).find((name) => name.endsWith('/data.pkl'));
  if (pickle === undefined) return [];
  const storages = Object.entries(members).flatMap(([name, value]) => {
    const key = /\/data\/(\w+)$/.exec(name)?.[1];
    return key === undefined ? [] : [[key, value] as const];
  });
  return [{ pickle: members[pickle], storages: Object.fromEntries(storages) }];
}

/** A file damaged anywhere, or an archive with right checksums around a damaged pickle. */
function mutant(draw: Draw): Buffer {
  const times = 1 + draw(4);
  const damaged = (bytes: Buffer) =>
    Array.from({ length: times }).reduce<Buffer>((made) => damage(made, draw), bytes);
  if (draw(3) === 0) return damaged(files[draw(files.length)]);
  const legacy = files.slice(-3);
  if (draw(4) === 0) return damaged(legacy[draw(legacy.length)]);
  const { pickle, storages } = pickles[draw(pickles.length)];
  if (draw(8) === 0) return zipArchive([{ name: 'a/data.pkl', bytes: damaged(pickle) }]);
  return torchArchive(damaged(pickle), storages, { large: draw(2) === 0 });
}

function damage(bytes: Buffer, draw: Draw): Buffer {
  if (bytes.length === 0) return bytes;
  const at = draw(bytes.length);
  const length = 1 + draw(Math.min(40, bytes.length - at));
  const before = bytes.subarray(0, at);
  const [part, after] = [bytes.subarray(at, at + length), bytes.subarray(at + length)];
  const other = pickles[draw(pickles.length)].pickle;
  const from = draw(other.length);
  switch (draw(9)) {
    case 0:
      return Buffer.concat([before, Buffer.of(bytes[at] ^ (1 << draw(8))), bytes.subarray(at + 1)]);
    case 1:
      return Buffer.from(before);
    case 2:
      return Buffer.concat([before, after]);
    case 3:
      return Buffer.concat([before, part, part, after]);
    case 4:
      return Buffer.concat([
        before,
        Buffer.from(OPERATIONS[draw(OPERATIONS.length)], 'latin1'),
        bytes.subarray(at + draw(2)),
      ]);
    case 5:
      return Buffer.concat([before, Buffer.from(NAMES[draw(NAMES.length)], 'latin1'), bytes.subarray(at)]);
    case 6:
      return Buffer.concat([before, other.subarray(from, from + length), after]);
    case 7:
      return Buffer.concat([
        before,
        Buffer.from('ffffff7f', 'hex').subarray(0, 1 + draw(4)),
        bytes.subarray(at + 1),
      ]);
    default:
      return Buffer.concat([before, Buffer.from(')R(tb'[draw(5)].repeat(1 + draw(50))), bytes.subarray(at)]);
  }
}

/** Random numbers of a seed: mulberry32. */
function drawOf(seed: number): Draw {
  let state = Math.imul(seed, 0x9e3779b1) | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Mutants of which a line tells. */
const LINE = 5_000;

/** `node -r ts-node/register test/io/state-dict-mutants.ts COUNT [SEED]`: a line of JSON for every 5,000. */
async function main(count: number, seed: number): Promise<void> {
  for (let done = 0; done < count; done += LINE) {
    const report = await readMutants({ count: Math.min(LINE, count - done), seed: seed + done });
    process.stdout.write(`${JSON.stringify({ done: Math.min(done + LINE, count), ...report })}\n`);
    if (report.wrong.length > 0) process.exitCode = 1;
  }
}

if (require.main === module) {
  const [count, seed = 1] = process.argv.slice(2).map(Number);
  main(count, seed);
}
