import { groupsOf, type Plan, SUITE_NAMES } from '../../benchmarks/suites';
import type { TrainTask } from '../../benchmarks/task';

const plan: Plan = {
  suites: ['dcgan64'],
  against: null,
  precisions: ['fp32', 'bf16'],
  device: 'cpu',
  threads: 2,
  seconds: 3,
};
const labels = (changes: Partial<Plan>) =>
  groupsOf({ ...plan, ...changes }).map(({ title, participants }) => [
    title,
    participants.map(({ label }) => label),
  ]);

test('a peer takes part in every precision it has, ours come first', () => {
  expect(labels({ against: ['pytorch-textbook', 'pytorch-best'] })).toEqual([
    [
      'dcgan64, batch 64',
      [
        'libtorch-gan fp32',
        'libtorch-gan bf16',
        'pytorch-textbook fp32',
        'pytorch-best fp32',
        'pytorch-best bf16',
      ],
    ],
  ]);
});

test('a peer that has float32 only takes part where bf16 is asked', () => {
  expect(labels({ against: ['pytorch-textbook', 'pytorch-best'], precisions: ['bf16'] })).toEqual([
    ['dcgan64, batch 64', ['libtorch-gan bf16', 'pytorch-textbook fp32', 'pytorch-best bf16']],
  ]);
});

test('by default no slow peers take part, and none of another device', () => {
  const names = (device: string) => [
    ...new Set(
      groupsOf({ ...plan, device }).flatMap(({ participants }) => participants.map(({ name }) => name)),
    ),
  ];
  expect(names('cpu')).toEqual([
    'libtorch-gan',
    'pytorch-textbook',
    'pytorch-best',
    'tfjs-node',
    'tfjs-wasm',
  ]);
  expect(names('cuda:0')).toEqual([
    'libtorch-gan',
    'pytorch-textbook',
    'pytorch-best',
    'pytorch-compile',
    'pytorch-graph',
  ]);
});

test('the slow peer gets two images and one step, once', () => {
  const [{ participants }] = groupsOf({ ...plan, against: ['tfjs-cpu'] });
  const slow = participants.at(-1);
  expect(slow).toMatchObject({ name: 'tfjs-cpu', once: true });
  expect(slow?.task).toMatchObject({ batch: 2, warmUp: 0, minSteps: 1, seconds: 0 });
});

test('all participants of a group have the same networks, warm-up and time', () => {
  const [{ participants }] = groupsOf({
    ...plan,
    against: ['pytorch-textbook', 'pytorch-best', 'tfjs-node'],
  });
  const common = participants.map(({ task }) => {
    const { precision: _, ...rest } = task as TrainTask;
    return rest;
  });
  expect(new Set(common.map((task) => JSON.stringify(task))).size).toBe(1);
});

test('dcgan32 has two batches, data two ways of reading, and there is one PyTorch for tiny operations and imports', () => {
  expect(labels({ suites: ['ops', 'dcgan32', 'data', 'import'], against: ['pytorch-best'] })).toEqual([
    ['ops', ['libtorch-gan', 'pytorch']],
    [
      'dcgan32, batch 64',
      ['libtorch-gan fp32', 'libtorch-gan bf16', 'pytorch-best fp32', 'pytorch-best bf16'],
    ],
    [
      'dcgan32, batch 128',
      ['libtorch-gan fp32', 'libtorch-gan bf16', 'pytorch-best fp32', 'pytorch-best bf16'],
    ],
    ['data, kept on the device', ['libtorch-gan', 'dcgan32 training fp32', 'dcgan32 training bf16']],
    ['data, read as needed', ['libtorch-gan', 'dcgan32 training fp32', 'dcgan32 training bf16']],
    ['import', ['libtorch-gan', 'pytorch']],
  ]);
});

test('translators are compared at two batches, with those who have them', () => {
  const against = ['pytorch-textbook', 'pytorch-best', 'tfjs-node'] as const;
  const who = ['libtorch-gan bf16', 'pytorch-textbook fp32', 'pytorch-best bf16'];
  expect(labels({ suites: ['pix2pix64', 'cyclegan64'], against, precisions: ['bf16'] })).toEqual(
    ['pix2pix64', 'cyclegan64'].flatMap((suite) => [1, 16].map((batch) => [`${suite}, batch ${batch}`, who])),
  );
});

test('restorers are compared at one batch, with those who have them', () => {
  const against = ['pytorch-textbook', 'pytorch-best', 'tfjs-node'] as const;
  const who = ['libtorch-gan bf16', 'pytorch-textbook fp32', 'pytorch-best bf16'];
  expect(labels({ suites: ['super-resolution', 'denoise'], against, precisions: ['bf16'] })).toEqual([
    ['super-resolution, batch 16', who],
    ['denoise, batch 32', who],
  ]);
});

test('on CUDA the DCGAN has larger batches as well', () => {
  const titles = (device: string) => labels({ device }).map(([title]) => title);
  expect(titles('cpu')).toEqual(['dcgan64, batch 64']);
  expect(titles('cuda:0')).toEqual(['dcgan64, batch 64', 'dcgan64, batch 256', 'dcgan64, batch 1024']);
});

test('every suite has groups', () => {
  expect(groupsOf({ ...plan, suites: SUITE_NAMES }).map(({ suite }) => suite)).toEqual(
    expect.arrayContaining([...SUITE_NAMES]),
  );
});
