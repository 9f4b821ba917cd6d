import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { alone } from '../../src/parallel/group';
import { joinGroup } from '../../src/parallel/join';
import { ones } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { temporaryFolder } from '../native/fake-libtorch';
import { failure, usage } from '../support/failure';
import { noRanks, type Outcome, oneStart, onRanks, testOnRanks } from '../support/ranks';

const PROGRAM = join(__dirname, 'member.ts');

// Where others keep the machine busy, several processes take their time to start.
jest.setTimeout(300_000);

/** Runs a case of member.ts that ends its ranks. */
function run(name: string): Promise<Outcome> {
  return onRanks(2, PROGRAM, [name]);
}

const SUMS = [
  ...['shapes', 'dtypes', 'together', 'operations', 'notNumbers', 'big', 'sameBits'],
  ...['layouts', 'unlikeLayouts', 'sharedMemory', 'keptByAutograd'],
];
const OTHERS = [
  'parameters',
  'broadcast',
  'gather',
  'nothing',
  'sums',
  'batchNorm',
  'shortBatchNorm',
  'waiting',
];
/** The cases that leave the group whole, and the last one, which closes it. */
const whole = oneStart(2, PROGRAM, [['wrongCalls', ...SUMS, ...OTHERS, 'afterwards'].join(',')]);
/** The same sums by MPI's messages, as between machines. */
const byMessages = oneStart(2, PROGRAM, [[...SUMS, 'sums'].join(',')]);
/** Those that wait for a deadline of three seconds; the last ends the ranks. */
const late = oneStart(2, PROGRAM, ['patient,hanging']);

const stopped = oneStart(2, PROGRAM, ['stoppedInCheckpoint']);

// Most of it is waiting: it goes on beside the rest.
beforeAll(() => {
  if (noRanks === null)
    withVariables({ MEMBER_TIMEOUT: '3' }, () => void [late, stopped].map(({ outcome }) => outcome()));
});

/** What each rank says of a case. */
function answers(name: string): Promise<unknown[]> {
  return whole.of(name);
}

function withVariables<T>(variables: Readonly<Record<string, string>>, body: () => T): T {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return body();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

describe('where no group can be', () => {
  test('variables that contradict each other are refused', () => {
    const join = () => withVariables({ RANK: '1' }, () => joinGroup({ device: 'cpu' }));
    expect(join).toThrow(usage('expected WORLD_SIZE beside RANK=1'));
  });

  test('processes on the CPU that torchrun started are told to start by mpirun', () => {
    const join = () => withVariables({ RANK: '1', WORLD_SIZE: '2' }, () => joinGroup({ device: 'cpu' }));
    expect(join).toThrow(failure('ERR_PARALLEL', 'to be started by mpirun, since MPI connects them'));
  });

  test('a call without a device is refused', () => {
    const join = joinGroup as unknown as (options?: object) => unknown;
    for (const given of [undefined, {}, { device: 0 }])
      expect(() => join(given)).toThrow(usage('device to be'));
  });

  test.each([0, Number.NaN, -1])('a deadline of %p seconds is refused', (timeoutSeconds) => {
    expect(() => joinGroup({ device: 'cpu', timeoutSeconds })).toThrow(usage('timeoutSeconds'));
  });
});

describe('alone', () => {
  test.each<[string, Record<string, string>]>([
    ['no variables', {}],
    ['those of a single process', { RANK: '0', WORLD_SIZE: '1' }],
  ])('%s describe a process by itself', (_, variables) => {
    expect(withVariables(variables, () => joinGroup({ device: 'cpu' }))).toBe(alone);
  });

  test('every operation is the identity', () => {
    scope(() => {
      const tensor = ones([2]);
      alone.enter('phase D');
      alone.allReduce([tensor], 'mean');
      alone.broadcast([tensor]);
      alone.barrier();
      expect(tensor.toArray()).toEqual([1, 1]);
      expect(alone.gather({ loss: 1 })).toEqual([{ loss: 1 }]);
      expect([alone.rank, alone.size, alone.takeWaited()]).toEqual([0, 1, 0]);
      alone.close();
    });
  });
});

describe('where a rank does not do its part', () => {
  testOnRanks('wrong calls are refused before anybody waits', async () => {
    for (const answer of await answers('wrongCalls'))
      expect(answer).toEqual([
        'allReduce expects tensors of floating dtype for a mean but received int64: take the sum',
        expect.stringContaining('broadcast expects root to be a rank, 0 to 1, but received 2'),
        expect.stringContaining('but received 0.5'),
      ]);
  });

  testOnRanks('tensors that differ between ranks are named, and the group takes no other call', async () => {
    const { code, reports } = await run('different');
    expect(code).toBe(1);
    expect(reports).toContainEqual({
      different: [
        expect.stringMatching(
          /^expected all to come to the same call, but rank 1 came to all-reduce \(sum\) of 2 tensors: float32 3, float64 2 and rank 0 to all-reduce \(sum\) of 1 tensor: float32 3: every process/,
        ),
        'expected a whole group but a call of it has failed',
      ],
    });
  });

  testOnRanks('one that hangs is named with what it did last', async () => {
    const { code, reports } = await late.outcome();
    expect(code).not.toBe(0);
    // mpirun wakes it to end it, and it may still come so far as to say something.
    expect(reports[0]).toMatchObject({
      hanging: expect.stringMatching(
        /^rank 1 did not come to barrier within 3 s: rank 1 was last seen in phase D \d+ s ago \(process \d+ of .* is stopped\)$/,
      ),
    });
  });

  testOnRanks('one that is stopped in what takes long is named as soon', async () => {
    const { reports } = await stopped.outcome();
    expect(reports[0]).toEqual({
      stoppedInCheckpoint: expect.stringMatching(
        /^rank 1 did not come to barrier within 3 s: rank 1 was last seen in checkpoint \d+ s ago \(process \d+ of .* is stopped\)$/,
      ),
    });
  });

  testOnRanks('one that said it needs longer is waited for', async () => {
    expect(await late.of('patient')).toEqual(['came', 'came']);
  });

  testOnRanks('one that is killed is named at once', async () => {
    const { code, reports } = await run('killed');
    expect(code).not.toBe(0);
    expect(reports[0]).toEqual({
      killed: expect.stringMatching(
        /^expected rank 1 at barrier but its process ended: rank 1 was last seen in phase G \d+ s ago \(process \d+ of .* is no more\)$/,
      ),
    });
  });

  testOnRanks('one that throws is named at once', async () => {
    const { code, stderr, reports } = await run('thrown');
    expect(code).toBe(1);
    expect(stderr).toContain('out of luck');
    expect(reports[0]).toEqual({
      thrown: expect.stringMatching(
        /^expected rank 1 at barrier but (it ended with exit code 1: it was in|its process ended: rank 1 was last seen in) phase R1/,
      ),
    });
  });

  testOnRanks('one that closes the group while others go on is named', async () => {
    const { reports } = await run('stopping');
    expect(reports[0]).toEqual({
      stopping: expect.stringContaining('but rank 1 came to the end and rank 0 to barrier'),
    });
  });

  testOnRanks('a group that was closed takes no other call, and a process joins once', async () => {
    for (const answer of await answers('afterwards'))
      expect(answer).toEqual([
        'expected an open group but this one was closed',
        'expected one group a process but this one has joined already',
      ]);
  });
});

describe('on two ranks', () => {
  testOnRanks('messages give what memory in common gives', async () => {
    // Open MPI's part for memory that processes of a machine share.
    await withVariables({ OMPI_MCA_osc: '^sm' }, () => byMessages.outcome());
    for (const name of [...SUMS, 'sums'])
      expect([name, await byMessages.of(name)]).toEqual([name, await answers(name)]);
  });

  const onLinux: typeof testOnRanks = process.platform === 'linux' ? testOnRanks : test.skip;

  onLinux('a heap that cannot grow keeps its last page, and UCX hears of it', async () => {
    const folder = temporaryFolder();
    const filler = join(folder, 'full-heap.so');
    execFileSync('c++', ['-shared', '-fPIC', '-o', filler, join(__dirname, 'full-heap.cc')]);
    const heaps = async (variables: Readonly<Record<string, string>>) => {
      const joined = () => onRanks(2, join(__dirname, 'heap-end.ts'), []);
      const { stderr, reports } = await withVariables(variables, joined);
      expect(stderr).toBe('');
      return reports.map((report) => (report as { heap: Record<string, string | null> }).heap);
    };
    // Without Open MPI's own part for windows it takes UCX's, which tries the heap.
    for (const { before, after, events } of await heaps({ LD_PRELOAD: filler, OMPI_MCA_osc: '^sm' })) {
      expect(before).toMatch(/^[0-9a-f]+$/);
      expect([after, events]).toEqual([before, 'n']);
    }
    for (const { events } of await heaps({ LD_PRELOAD: filler, UCX_MEM_EVENTS: 'y' }))
      expect(events).toBe('y');
    rmSync(folder, { recursive: true });
  });

  /** Both ranks give this answer. */
  async function bothSay(name: string, expected: unknown): Promise<void> {
    expect(await answers(name)).toEqual([expected, expected]);
  }

  /** Σ over two ranks of 0, 1, 2, … that are 10 more at rank 1. */
  const sums = (length: number) => Array.from({ length }, (_, i) => 2 * i + 10);

  testOnRanks('tensors of odd shapes, of no dimension and of no element are summed', async () => {
    const rows = [sums(15).slice(0, 5), sums(15).slice(5, 10), sums(15).slice(10)];
    await bothSay('shapes', [10, [10], rows, [], [[sums(7)]]]);
  });

  testOnRanks('every dtype is summed, and stays what it is', async () => {
    const dtypes = ['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'uint8'];
    await bothSay(
      'dtypes',
      dtypes.map((dtype) => [dtype, [[10, 12, 14]]]),
    );
  });

  testOnRanks('tensors of all dtypes go in one call', async () => {
    await bothSay('together', Array(7).fill([10, 11]));
  });

  testOnRanks('strides are kept, whatever they are', async () => {
    for (const answer of await answers('layouts')) {
      const [values, before, after] = answer as [number[][], number[][], number[][]];
      expect(after).toEqual(before);
      const mean = (i: number) => i + 5;
      expect(values[0].flat(3)).toEqual(Array.from({ length: 24 }, (_, i) => mean(i)));
      expect(values[1]).toEqual([0, 1, 2, 3].map((i) => [mean(i), mean(i + 4), mean(i + 8)]));
      expect(values[2]).toEqual([mean(1), mean(3), mean(5)]);
    }
  });

  testOnRanks(
    'values meet by their place in the tensor, though they lie in memory in another order',
    async () => {
      const mean = Array.from({ length: 24 }, (_, i) => i + 5);
      for (const answer of await answers('unlikeLayouts'))
        expect((answer as number[][]).flat(4)).toEqual(mean);
    },
  );

  testOnRanks('what is named twice is averaged once', async () => {
    await bothSay('sharedMemory', [[5, 6, 7, 8, 9, 10]]);
  });

  testOnRanks('autograd hears of it', async () => {
    for (const answer of await answers('keptByAutograd'))
      expect(answer).toContain('modified by an inplace operation');
  });

  testOnRanks('sum, mean, max and min are what they say', async () => {
    await bothSay('operations', [[[1, 4, -6]], [[0.5, 2, -3]], [[1, 4, -3]], [[0, 0, -3]]]);
  });

  testOnRanks('a maximum and a minimum are NaN where any rank has NaN', async () => {
    await bothSay('notNumbers', [
      ['NaN', 'NaN', '2'],
      ['NaN', 'NaN', '2'],
    ]);
  });

  testOnRanks('more than a bucket holds is averaged, in one tensor and in several', async () => {
    await bothSay('big', [
      [1, 0, 1.5],
      [2, 0, 2.5],
      [1, 0, 3.5],
    ]);
  });

  testOnRanks('a mean is the same bits at every rank', async () => {
    const [first, second] = await answers('sameBits');
    expect(second).toBe(first);
  });

  testOnRanks('parameters are broadcast without autograd, and their gradients averaged', async () => {
    await bothSay('parameters', [[[0, 0]], [[3.5, 3.5]], true]);
  });

  testOnRanks('a broadcast gives the values of its root in every dtype and layout', async () => {
    const [, ofRoot] = await answers('broadcast');
    await bothSay('broadcast', ofRoot);
    const [dtypes, values] = ofRoot as [string[], number[][][]];
    expect(dtypes.slice(7)).toEqual(['bool', 'int8', 'int16', ...Array(4).fill('float32')]);
    expect(values[0]).toEqual([[10, 11, 12]]);
    expect(values[7]).toEqual([[1, 1, 1]]);
    expect(values[11]).toEqual([
      [10, 14, 18],
      [11, 15, 19],
      [12, 16, 20],
      [13, 17, 21],
    ]);
  });

  testOnRanks('values of any length are gathered in the order of ranks', async () => {
    const each = [0, 1].map((rank) => ({ rank, text: `é${'x'.repeat(rank * 1000)}` }));
    await bothSay('gather', [each, [null, null], [[], []]]);
  });

  testOnRanks('no tensors are a call like any other', async () => {
    await bothSay('nothing', null);
  });

  testOnRanks('a sum has gradients that are sums, of every order', async () => {
    // Σ x³ of 2 and 3; (1 + 2) · 3x²; and again by x, with (r + 1) before.
    expect(await answers('sums')).toEqual([
      [35, 36, 36],
      [35, 81, 108],
    ]);
  });

  testOnRanks(
    'batch norm over the batch of all is that of one process, with both its gradients',
    async () => {
      for (const answer of await answers('batchNorm')) {
        const [images, beforeLeakyRelu, ...double] = answer as number[][];
        expect([images.length, beforeLeakyRelu.length, double.length]).toEqual([9, 9, 2]);
        expect(Math.max(...images, ...beforeLeakyRelu)).toBeLessThan(1e-5);
        expect(Math.max(...double.flat())).toBeLessThan(1e-10);
      }
    },
  );

  testOnRanks('batch norm of bfloat16 stays bfloat16, with statistics of more', async () => {
    for (const answer of await answers('shortBatchNorm')) {
      const [dtypes, far] = answer as [string[], number[]];
      expect(dtypes).toEqual(['bfloat16', 'bfloat16']);
      for (const each of far) expect(each).toBeLessThan(0.02);
    }
  });

  testOnRanks('waiting is counted, and counted anew', async () => {
    await bothSay('waiting', [true, 0]);
  });
});

testOnRanks('ranks that do their part end without an error', async () => {
  expect(await whole.outcome()).toMatchObject({ code: 0, stderr: '' });
});

testOnRanks('on three ranks low precision is rounded once, at the end', async () => {
  const { code, reports } = await onRanks(3, PROGRAM, ['rounding']);
  expect({ code, reports }).toEqual({ code: 0, reports: Array(3).fill({ rounding: [[1]] }) });
});
