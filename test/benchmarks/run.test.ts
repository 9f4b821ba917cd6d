import { type Bench, runGroup } from '../../benchmarks/run';
import { groupsOf } from '../../benchmarks/suites';
import type { Task } from '../../benchmarks/task';

/** A participant that answers at once: what it is asked, and what it says. */
function answering(answer: (task: Task) => string): Bench['ourCommand'] {
  return (task) => ({ file: process.execPath, args: ['-e', answer(task)] });
}

const say = (value: object) => `console.log(${JSON.stringify(JSON.stringify(value))})`;
const same = {
  parameters: { generator: 1_486_352, discriminator: 1_460_225 },
  passes: { generator: 1, discriminator: 3 },
};

function bench(changes: Partial<Bench>): Bench {
  return {
    rounds: 2,
    device: 'cpu',
    threads: 1,
    libtorch: '2.13.0',
    env: { PYTHON: '/no/such/python' },
    signal: new AbortController().signal,
    ourCommand: answering(() => say({ figures: { imagesPerSecond: 5, fp32: 1e9, bf16: 2e9 }, ...same })),
    log: () => {},
    ...changes,
  };
}

const [mlp] = groupsOf({
  suites: ['mlp'],
  against: ['pytorch-best'],
  precisions: ['fp32'],
  device: 'cpu',
  threads: 1,
  seconds: 1,
});

test('who is there is measured in every round, who is not is named with the command that installs it', async () => {
  const lines: string[] = [];
  const { participants, rates } = await runGroup(mlp, bench({ log: (line) => lines.push(line) }));
  expect(participants.map(({ label, rounds, absence }) => [label, rounds, absence])).toEqual([
    ['libtorch-gan fp32', { imagesPerSecond: [5, 5] }, null],
    [
      'pytorch-best fp32',
      { imagesPerSecond: [null, null] },
      {
        kind: 'missing',
        reason: '/no/such/python is not installed',
        install: expect.stringContaining('/no/such/python -m pip install torch==2.13.0'),
      },
    ],
  ]);
  expect(rates).toEqual({ fp32: [1e9, 1e9], bf16: [] });
  expect(lines).toContain('mlp, batch 64: libtorch-gan fp32 5.00 images/s (round 2 of 2)');
});

test('the product rate is measured in the precisions that are compared', async () => {
  const groups = (['fp32', 'bf16'] as const).map((precision) => [precision]);
  const found = await Promise.all(
    [...groups, ['fp32', 'bf16'] as const].map(async (precisions) => {
      const asked: unknown[] = [];
      const [group] = groupsOf({
        suites: ['mlp'],
        against: [],
        precisions,
        device: 'cpu',
        threads: 1,
        seconds: 1,
      });
      const command = answering((task) => {
        if (task.kind === 'rate') asked.push(task.precisions);
        return say({ figures: { imagesPerSecond: 5, fp32: 1e9, bf16: 2e9 }, ...same });
      });
      const { rates } = await runGroup(group, bench({ rounds: 1, ourCommand: command }));
      return [asked, rates];
    }),
  );
  expect(found).toEqual([
    [[['fp32']], { fp32: [1e9], bf16: [] }],
    [[['bf16']], { fp32: [], bf16: [2e9] }],
    [[['fp32', 'bf16']], { fp32: [1e9], bf16: [2e9] }],
  ]);
});

test('who crashes is told by its last line, and not asked again', async () => {
  let asked = 0;
  const crashing = answering((task) => {
    if (task.kind === 'rate') return say({ figures: { fp32: 1, bf16: 1 } });
    asked++;
    return 'console.error("RuntimeError: no"); process.exitCode = 1';
  });
  const { participants } = await runGroup(mlp, bench({ ourCommand: crashing }));
  expect(participants[0].absence).toEqual({ kind: 'failed', reason: 'RuntimeError: no', install: null });
  expect(asked).toBe(1);
});

test('who did other work is refused', async () => {
  const other = answering(() =>
    say({
      figures: { imagesPerSecond: 9, fp32: 1, bf16: 1 },
      ...same,
      passes: { generator: 2, discriminator: 3 },
    }),
  );
  const { participants } = await runGroup(mlp, bench({ ourCommand: other }));
  expect(participants[0].absence).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining('2 generator'),
  });
  expect(participants[0].rounds).toEqual({ imagesPerSecond: [null, null] });
});

test('FLOPs are counted in the first round only', async () => {
  const counted: boolean[] = [];
  const watching = answering((task) => {
    if (task.kind === 'train') counted.push(task.countFlops);
    return say({ figures: { imagesPerSecond: 5, fp32: 1, bf16: 1 }, ...same });
  });
  await runGroup(mlp, bench({ ourCommand: watching }));
  expect(counted).toEqual([true, false]);
});
