import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readStateDict } from '../../src';
import { writeSafetensors } from '../../src/io/safetensors';
import { memory } from '../../src/tensor/memory';
import { scope } from '../../src/tensor/scope';
import { failure } from '../support/failure';
import { readFixture } from '../support/fixtures';
import {
  call,
  dict,
  integer,
  named,
  type PickledView,
  pickle,
  storage,
  tensor,
  text,
  tuple,
} from '../support/pickled';
import { torchArchive, zipArchive } from '../support/torch-archive';
import { temporaryFolder } from '../support/training';

const folder = temporaryFolder();
const fixture = (name: string) => join(__dirname, '../fixtures/io/state-dict', `${name}.pth`);
const numbers = (...values: number[]) => new Uint8Array(new Float32Array(values).buffer);

/** Writes a file, and returns its path. */
function write(bytes: Uint8Array, name = 'made.pth'): string {
  const file = join(folder.path, name);
  writeFileSync(file, bytes);
  return file;
}

const bad = (problem: string) => failure('ERR_BAD_STATE_DICT', problem);

describe('readStateDict refuses', () => {
  const archive = (root: string) => torchArchive(pickle(root), { 0: numbers(1, 2) });
  const os = named('posix', 'system');

  test.each<[string, string, string]>([
    ['a call of the shell', dict({ a: tensor(), b: call(os, text('touch ran')) }), 'names "posix.system"'],
    ['a name that is not even called', dict({ a: tensor(), b: os }), 'nothing of it was run'],
    ['a class of Python', named('builtins', 'getattr'), 'names "builtins.getattr"'],
    ['a name in a name', named('torch', 'load'), 'names "torch.load"'],
    ['a name with a quote and a line end', named('a', '"b\r'), String.raw`names "a.\"b\r"`],
    ['a call of what is no function', dict({ a: call(named('torch', 'float32')) }), 'calls torch.float32'],
    ['a call of a dict', call('}'), 'calls a dict'],
    ['an object that is made by its class', `${named('torch', 'Size')})\x81`, 'NEWOBJ (0x81)'],
    ['attributes of a tensor', `${tensor()}}b`, 'sets attributes of a tensor'],
    ['an operation of old pickles', 'S"a"\n', 'STRING (0x53)'],
    ['a byte that is no operation', '\xfe', 'the operation 0xfe at byte 2'],
    ['a reference to what is no storage', `${tuple(text('module'))}Q`, 'refers to "module"'],
    ['a storage of another kind', storage(2, { type: 'Size' }), 'a storage of torch.Size'],
    ['a tensor alone', tensor(), 'it holds a tensor'],
    ['no tensors', dict({ a: 'N' }), 'it holds a dict of "a"'],
    ['an empty dict', '}', 'it holds an empty dict'],
    ['a stack that is empty', '', 'its pickle is damaged'],
    ['more values than are there', 'N\x87', 'its pickle is damaged'],
    ['values from below a mark', 'N(\x85', 'its pickle is damaged'],
    ['what was not kept', 'h\x05', 'its pickle is damaged'],
    ['a text that is no UTF-8', 'X\x01\x00\x00\x00\xff', 'not UTF-8'],
    ['a text longer than the file', 'X\xff\xff\xff\xff', 'its pickle is cut off'],
    ['a text longer than pickles are', `\x8d${'\xff'.repeat(8)}`, 'BINUNICODE8 (0x8d)'],
    ['bytes longer than the file', 'B\xff\xff\xff\xff', 'its pickle is cut off'],
    ['a number longer than the file', '\x8a\xff', 'its pickle is cut off'],
    ['a value that is thrown away', 'N0', 'POP (0x30)'],
  ])('%s', async (_, root, problem) => {
    await expect(readStateDict(write(archive(root)))).rejects.toThrow(bad(problem));
    expect(existsSync('ran')).toBe(false);
  });

  const views: [string, PickledView, string][] = [
    ['beyond its storage', { shape: [3] }, 'reaches byte 12 of a storage of 8'],
    ['that begins beyond it', { offset: 1 }, 'reaches byte 12 of a storage of 8'],
    ['whose strides lead beyond it', { strides: [2] }, 'reaches byte 12 of a storage of 8'],
    ['without numbers, beyond it', { shape: [0], offset: 3 }, 'reaches byte 12'],
    ['of a negative size', { shape: [-1] }, 'no sizes and strides'],
    ['of a negative stride', { strides: [-1] }, 'no sizes and strides'],
    ['from a negative place', { offset: -1 }, 'no sizes and strides'],
    ['of more sizes than strides', { shape: [1, 2] }, 'no sizes and strides'],
    ['of 65 dimensions', { shape: Array(65).fill(1), strides: Array(65).fill(1) }, 'no sizes and strides'],
    [
      'of more bytes than can be counted',
      { shape: Array(8).fill(2 ** 30), strides: Array(8).fill(0) },
      'too large',
    ],
    [
      'of nothing, with strides that cannot be counted',
      { shape: [0, ...Array(8).fill(2 ** 30)], strides: Array(9).fill(0) },
      'too large',
    ],
    ['that repeats a number endlessly', { shape: [2 ** 30], strides: [0] }, 'would take 4294967296 bytes'],
    ['of a storage of none', { of: 'N' }, 'a tensor is of None'],
    [
      'of a storage of another length than its member',
      { of: storage(3) },
      'should have 12 bytes, but its archive has 8',
    ],
    [
      'of a storage that is not there',
      { of: storage(2, { key: '7' }) },
      'expected "made/data/7" in its archive',
    ],
    ['of a storage of terabytes', { of: storage(2 ** 31 - 1, { key: '9' }) }, 'take 8589934588 bytes'],
  ];
  test.each(views)('a tensor %s', async (_, view, problem) => {
    const before = memory().tensors;
    await expect(readStateDict(write(archive(dict({ a: tensor(view) }))))).rejects.toThrow(bad(problem));
    expect(memory().tensors).toBe(before);
  });

  test('names of two sizes for one storage', async () => {
    const root = dict({ a: tensor(), b: tensor({ of: storage(1), shape: [1] }) });
    await expect(readStateDict(write(archive(root)))).rejects.toThrow(bad('has 8 bytes in one place and 4'));
  });

  test('lists, dicts and entries without end', async () => {
    const many = (operations: string) => write(torchArchive(pickle(operations)));
    await expect(readStateDict(many('}'.repeat(600_000)))).rejects.toThrow(bad('more than 500000 objects'));
    await expect(readStateDict(many('N'.repeat(5_000_000)))).rejects.toThrow(bad('4000000 operations'));
    // A list of 1,000 pairs that is used again and again.
    const pairs = `](${tuple(text('a'), 'N').repeat(1_000)}eq\x00`;
    const again = `${named('collections', 'OrderedDict')}h\x00\x85R`.repeat(600);
    await expect(readStateDict(many(pairs + again))).rejects.toThrow(bad('more than 500000 entries'));
  });

  test('a dict in itself, and one that is in thousands of places, without going on for ever', async () => {
    const inItself = `}q\x00${text('model')}h\x00s${text('params')}h\x00s`;
    await expect(readStateDict(write(archive(inItself)))).rejects.toThrow(
      bad('it holds a dict of "model", "params"'),
    );
    const inner = `${dict(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`w${i}`, 'N'])))}q\x00`;
    const outer = `}(${Array.from({ length: 30_000 }, (_, i) => `${text(`k${i}`)}h\x00`).join('')}u`;
    await expect(readStateDict(write(archive(`${inner}${outer}`)))).rejects.toThrow(bad('and 29992 more'));
  });

  test('a dict in a dict in a dict, deeper than the stack', async () => {
    const [depth, entry] = [20_000, `}${text('model')}`];
    await expect(
      readStateDict(write(archive(`${entry.repeat(depth)}}${'s'.repeat(depth)}`))),
    ).rejects.toThrow(bad('it holds a dict of "model"'));
  });

  test.each<[string, string]>([
    ['command', '"posix.system"'],
    ['command-legacy', '"posix.system"'],
    ['complex', 'tensor "weight": it is of complex numbers'],
    ['negative', 'the flag "neg"'],
    ['sparse', '"torch._utils._rebuild_sparse_tensor"'],
    ['facts', 'it holds a dict of "epoch"'],
    ['tensor', 'it holds a tensor'],
    ['archive', 'a tar archive, as torch.save wrote it before PyTorch 0.1.10'],
    ['pair', 'it holds 2 state dicts: choose one by its key, "netG", "netD"'],
    ['uint16', 'tensor "weight": expected one of the dtypes'],
    ['../script/pickled', '"__main__.Plain"'],
    ['../script/plain', '"__torch__'],
  ])('%s.pth of PyTorch, naming what it cannot take', async (name, problem) => {
    const path = name.startsWith('..') ? fixture(name).replace(/pth$/, 'pt') : fixture(name);
    await expect(readStateDict(path)).rejects.toThrow(bad(problem));
    expect(existsSync('/tmp/libtorch-gan-was-run')).toBe(false);
  });

  test('a key that is not there, with those that are', async () => {
    await expect(readStateDict(fixture('pair'), { key: 'netX' })).rejects.toThrow(
      bad('expected an entry "netX" but it has a dict of "netG", "netD", "epoch"'),
    );
    await expect(readStateDict(fixture('pair'), { key: 'epoch' })).rejects.toThrow(
      bad('"epoch" is a number'),
    );
  });

  test.each(['network', 'network-legacy', 'views', 'views-legacy'])(
    '%s.pth cut at any byte',
    async (name) => {
      const whole = readFileSync(fixture(name));
      for (let size = 0; size < whole.length; size += 29)
        await expect(readStateDict(write(whole.subarray(0, size)))).rejects.toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^ERR_BAD_(STATE_DICT|SAFETENSORS)$/) }),
        );
    },
  );

  test('a file of 4 GB that is cut off, at once', async () => {
    const file = join(folder.path, 'large.pth');
    for (const name of ['network', 'network-legacy']) {
      copyFileSync(fixture(name), file);
      // Half of it, and then a hole.
      truncateSync(file, name === 'network' ? 1_000 : 700);
      truncateSync(file, 4 * 2 ** 30);
      const before = process.memoryUsage().rss;
      await expect(readStateDict(file)).rejects.toThrow(bad('large.pth'));
      expect(process.memoryUsage().rss - before).toBeLessThan(300 * 2 ** 20);
    }
  });

  test('numbers of another byte order', async () => {
    const root = pickle(dict({ a: tensor() }));
    const members = [
      { name: 'x/data.pkl', bytes: root },
      { name: 'x/data/0', bytes: numbers(1, 2) },
      { name: 'x/byteorder', bytes: Buffer.from('big') },
    ];
    await expect(readStateDict(write(zipArchive(members)))).rejects.toThrow(bad('its byteorder says "big"'));
    const legacy = readFileSync(fixture('network-legacy'));
    legacy[legacy.indexOf('little_endian') + 15] = 0x89;
    await expect(readStateDict(write(legacy))).rejects.toThrow(bad('expected little-endian numbers'));
  });

  test('an archive that is compressed, encrypted, damaged, or of something else', async () => {
    const [pkl, numbersOf] = [
      { name: 'x/data.pkl', bytes: pickle(dict({ a: tensor() })) },
      { name: 'x/data/0', bytes: numbers(1, 2) },
    ];
    const cases: [Buffer, string][] = [
      [zipArchive([{ ...pkl, method: 8 }]), '"x/data.pkl" in its archive is compressed (method 8)'],
      [zipArchive([{ ...pkl, encrypted: true }]), 'is encrypted'],
      [zipArchive([{ ...pkl, crc: 1 }]), 'the checksum of "x/data.pkl" does not fit'],
      [zipArchive([pkl, { ...numbersOf, crc: 7 }]), 'the checksum of "x/data/0" does not fit'],
      [zipArchive([{ ...pkl, size: 70 << 20 }]), 'at most 67108864 bytes, but it has 73400320'],
      [zipArchive([{ ...pkl, size: 5_000 }]), 'is cut off'],
      [zipArchive([pkl, pkl]), 'has "x/data.pkl" twice'],
      [zipArchive([pkl, { ...pkl, name: 'y/data.pkl' }]), 'it has 2 among 2 members'],
      [zipArchive([{ ...pkl, name: 'x/other.pkl' }]), 'it has 0 among 1 members'],
    ];
    for (const [bytes, problem] of cases)
      await expect(readStateDict(write(bytes))).rejects.toThrow(bad(problem));
  });

  test('pickles that torch.save did not write', async () => {
    await expect(readStateDict(write(pickle('}')))).rejects.toThrow(bad('not one of torch.save'));
    await expect(readStateDict(write(Buffer.from('\x80\x09N.', 'latin1')))).rejects.toThrow(
      bad('protocol 5 at most'),
    );
  });

  test('a path where nothing is, a folder, and a file of nothing', async () => {
    await expect(readStateDict(join(folder.path, 'none'))).rejects.toThrow(
      failure('ERR_CANNOT_READ', 'none'),
    );
    await expect(readStateDict(folder.path)).rejects.toThrow(bad('it is not a regular file'));
    await expect(readStateDict(write(Buffer.alloc(0)))).rejects.toThrow(
      failure('ERR_BAD_SAFETENSORS', 'made.pth'),
    );
  });
});

describe('readStateDict', () => {
  const expected = readFixture('io/state-dict');

  /** Compares bytes, names and their order, dtypes and shapes. */
  async function expectSame(file: string, name: string, options: { key?: string } = {}): Promise<void> {
    const tensors = await readStateDict(file, { device: 'cpu', ...options });
    scope(() => {
      const wanted = expected.group(`${name}/`);
      expect(Object.keys(tensors).sort()).toEqual(Object.keys(wanted).sort());
      for (const [key, tensor] of Object.entries(wanted)) {
        const { dtype, shape } = tensors[key];
        expect({ key, dtype, shape }).toEqual({ key, dtype: tensor.dtype, shape: tensor.shape });
        expect({ key, bytes: tensors[key].toBytes() }).toEqual({ key, bytes: tensor.to('cpu').toBytes() });
      }
    });
    for (const tensor of Object.values(tensors)) tensor.dispose();
  }

  test.each([
    'network',
    'network-legacy',
    'protocol-4',
    'dtypes',
    'dtypes-legacy',
    'views',
    'views-legacy',
    'parameters',
    'parallel',
    'compiled',
    'checkpoint',
    'averages',
    'averages-in-model',
    'without-checksums',
  ])('reads %s.pth of PyTorch bit for bit', async (name) => {
    await expectSame(fixture(name), name);
  });

  test('takes the entry that its key names, one in another too', async () => {
    await expectSame(fixture('pair'), 'pair/netD', { key: 'netD' });
    await expectSame(fixture('averages'), 'network', { key: 'params' });
    await expectSame(fixture('averages-in-model'), 'averages-in-model', { key: 'model.g_ema' });
  });

  test('a view takes the memory of its numbers, not that of its dimensions', async () => {
    const shape = [1 << 22, ...Array(60).fill(1)];
    const root = pickle(dict({ a: tensor({ shape, strides: shape.map(() => 0) }) }));
    const file = write(torchArchive(root, { 0: numbers(3, 4) }));
    const before = process.resourceUsage().maxRSS;
    const { a } = await readStateDict(file, { device: 'cpu' });
    expect((process.resourceUsage().maxRSS - before) * 2 ** 10).toBeLessThan(600 * 2 ** 20);
    expect([a.shape, scope(() => a.eq(3).all().item())]).toEqual([shape, 1]);
    a.dispose();
  });

  test('keeps the order of the file', async () => {
    const tensors = await readStateDict(fixture('network'));
    expect(Object.keys(tensors).slice(0, 3)).toEqual(['main.0.weight', 'main.1.weight', 'main.1.bias']);
    for (const tensor of Object.values(tensors)) tensor.dispose();
  });

  test('reads archives with the records of those above 4 GB, and with a comment', async () => {
    const root = pickle(dict({ a: tensor() }));
    for (const form of [{ large: true }, { comment: 'PK\x05\x06 and more' }, { large: true, comment: 'x' }]) {
      const { a } = await readStateDict(write(torchArchive(root, { 0: numbers(1.5, -2) }, form)));
      expect([...a.toTypedArray()]).toEqual([1.5, -2]);
      a.dispose();
    }
  });

  test('reads safetensors whatever the file is called, and of them what begins with a key', async () => {
    const file = join(folder.path, 'really.pth');
    const weight = { dtype: 'F32', shape: [2], bytes: numbers(3, 4) } as const;
    await writeSafetensors(file, {
      'module.g.weight': weight,
      'module.d.weight': { ...weight, shape: [1, 2] },
    });
    const all = await readStateDict(file);
    expect(Object.keys(all)).toEqual(['g.weight', 'd.weight']);
    const one = await readStateDict(file, { key: 'module.d' });
    expect([Object.keys(one), one.weight.shape]).toEqual([['weight'], [1, 2]]);
    await expect(readStateDict(file, { key: 'e' })).rejects.toThrow(bad('expected tensors under "e"'));
    for (const tensor of [...Object.values(all), one.weight]) tensor.dispose();
  });

  test('a name of Python 2, entries that are no tensors, and names that objects have are what they say', async () => {
    const entries = `](${[tuple(text('__proto__'), tensor()), tuple(text('n'), integer(3))].join('')}e`;
    const root = call(named('collections', 'OrderedDict'), entries);
    const tensors = await readStateDict(write(torchArchive(pickle(root), { 0: numbers(1, 2) })));
    expect(Object.keys(tensors)).toEqual(['__proto__']);
    expect(Object.getOwnPropertyDescriptor(tensors, '__proto__')?.value.shape).toEqual([2]);
    for (const tensor of Object.values(tensors)) tensor.dispose();
  });
});
