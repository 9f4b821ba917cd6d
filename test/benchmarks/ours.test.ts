import { whyIncomparable } from '../../benchmarks/check';
import { EXTRAS } from '../../benchmarks/extras';
import { data } from '../../benchmarks/ours/data';
import { extras } from '../../benchmarks/ours/extras';
import { ops } from '../../benchmarks/ours/ops';
import { sample } from '../../benchmarks/ours/sample';
import { train } from '../../benchmarks/ours/train';
import { groupsOf, type SuiteName } from '../../benchmarks/suites';
import type { Task } from '../../benchmarks/task';

const plan = { against: [], precisions: ['fp32'], device: 'cpu', threads: 1, seconds: 0.01 } as const;

/** The first of ours in a suite, with as little work as counts. */
function ours<K extends Task['kind']>(suite: SuiteName, kind: K) {
  const [group] = groupsOf({ ...plan, suites: [suite] });
  const [participant] = group.participants;
  if (participant.task.kind !== kind) throw new Error(`expected a task of kind ${kind}`);
  const task = { ...participant.task, warmUp: 2, minSteps: 1, batch: 2 } as Extract<Task, { kind: K }>;
  return { group, participant, task };
}

test.each([
  ...(['mlp', 'dcgan32', 'dcgan64', 'sngan32', 'wgan-gp32', 'projection32', 'modern32', 'vae'] as const),
  ...(['stylegan64', 'pix2pix64', 'cyclegan64'] as const),
])('the training of %s does what the comparison expects: networks, passes, figures', async (suite) => {
  const { group, participant, task } = ours(suite, 'train');
  const measured = await train(task);
  expect(whyIncomparable(group, participant, measured)).toBeNull();
  for (const { key } of group.figures) expect(measured.figures[key]).toBeGreaterThan(0);
});

test('what is added to a training is a percentage for each extra', async () => {
  const { group, task } = ours('extras', 'extras');
  expect(group.figures.map(({ key }) => key)).toEqual(Object.keys(EXTRAS));
  const few = Object.entries(EXTRAS).map(([name, extra]) => {
    const set = { ...extra.set, width: '4', ...('maxWidth' in extra.set && { maxWidth: '8' }) };
    return [name, { ...extra, batch: 2, steps: 1, set }] as const;
  });
  const { figures } = await extras({ ...task, seconds: 0 }, Object.fromEntries(few));
  expect(Object.keys(figures)).toEqual(Object.keys(EXTRAS));
  for (const share of Object.values(figures)) expect(share).toBeGreaterThan(-100);
});

test('sampling has the networks that the comparison expects', async () => {
  const { group, participant, task } = ours('sample', 'sample');
  const measured = await sample(task);
  expect(whyIncomparable(group, participant, measured)).toBeNull();
  expect(measured.figures.imagesPerSecond).toBeGreaterThan(0);
});

test('the loader and tiny operations give every figure of their suites', async () => {
  const loading = ours('data', 'data');
  expect((await data(loading.task)).figures.imagesPerSecond).toBeGreaterThan(0);
  const calling = ours('ops', 'ops');
  expect(Object.keys(ops(calling.task).figures)).toEqual(calling.group.figures.map(({ key }) => key));
});
