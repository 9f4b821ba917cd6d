// What the commands tell of a training in stages.
import { join } from 'node:path';
import { main as evaluate } from '../../src/cli/evaluate';
import { main as sample } from '../../src/cli/sample';
import { main as train } from '../../src/cli/train';
import { earlyEnd, stagesText } from '../../src/cli/train-stages';
import { readSafetensors } from '../../src/io/safetensors';
import { readEvaluations } from '../../src/report/evaluations';
import { classifiedDigits } from './classified-digits';
import { FakeHost } from './fakes';

const folder = classifiedDigits();

async function call(main: typeof train, text: string) {
  const host = new FakeHost();
  const code = await main(text.split(' '), host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

const NETWORKS = '--set latentSize=8 --set width=4 --set maxWidth=8';
const PLAN = '--set batches=8,8,4 --set fadeImages=32 --set stableImages=16';

const trained = (text: string) =>
  call(
    train,
    `progressive --dataset mnist --data-dir ${folder} --device cpu --precision fp32 --batch 8 ${NETWORKS} ${text}`,
  );

test.each([
  [
    '--resolution 48',
    '--resolution 48: progressive makes images of 8, 16, 32, 64, 128 or 256, square: try --resolution 32',
  ],
  ['--resolution 16 --set batches=8,x', '--set batches expects halves, or a batch for each level'],
])('train refuses %s in one line', async (text, message) => {
  const { code, stderr } = await trained(text);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(stderr.match(/\n/g)).toHaveLength(1);
});

test('train refuses a stage’s batch that is larger than the set, before it starts', async () => {
  const out = join(folder, 'large');
  const { code, stderr } = await trained(`--resolution 16 --set batches=8,49 --steps 2 --quiet --out ${out}`);
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining('a batch of 49 is larger than the data set "mnist", which has 48 images'),
  ]);
});

const LIST = [
  { name: 'low', from: 0, batch: 8 },
  { name: 'high', from: 1200, batch: 4 },
];
const stages = { list: LIST, place: () => undefined };

test('the steps and batches of stages are told, those that are left out too', () => {
  expect(stagesText(stages, { steps: 1500, batch: 16 })).toBe(
    'low (1,200 steps of 8 images), high (300 of 4)',
  );
  expect(stagesText(stages, { steps: 700, batch: 16 })).toBe('low (700 steps of 8 images), high (0 of 4)');
  const ofOneBatch = LIST.map(({ name, from }) => ({ name, from }));
  expect(stagesText({ ...stages, list: ofOneBatch }, { steps: 700, batch: 16 })).toBe(
    'low (700 steps of 16 images), high (0 of 16)',
  );
  expect(earlyEnd(stages, 1201)).toBeNull();
  expect(earlyEnd(stages, 1200)).toBe(
    'the training ends in its stage low: high begins after 1,200 steps, so give --steps a larger number, or the stages before it fewer images',
  );
});

test('train tells its stages, and where it ends before the last; sample and evaluate say which one a model was in', async () => {
  const out = join(folder, 'run');
  const started = await trained(`--resolution 16 ${PLAN} --steps 5 --log-every 1 --out ${out}`);
  expect([started.code, started.stderr]).toEqual([
    0,
    expect.stringContaining('stages     4×4 (2 steps of 8 images), 8×8, fading in (3 of 8), 8×8 (0 of 8), '),
  ]);
  expect(started.stderr).toContain(
    'the training ends in its stage 8×8, fading in: 16×16 begins after 16 steps',
  );
  expect(started.stderr).toContain('step 1: stage 1 of 5, 4×4');
  expect(started.stderr).toContain('step 3: stage 2 of 5, 8×8, fading in');

  const raw = join(folder, 'raw.safetensors');
  const drawn = await call(sample, `--checkpoint ${out} --device cpu --count 2 --raw ${raw}`);
  const told = 'this model’s training was in stage 2 of 5: 8×8, fading in';
  expect([drawn.code, drawn.stderr]).toEqual([0, expect.stringContaining(told)]);
  expect((await readSafetensors(raw)).records.images.shape).toEqual([2, 1, 16, 16]);

  const judging = `--checkpoint ${out} --device cpu --metrics fid --count 20`;
  const judged = await call(evaluate, judging);
  expect([judged.code, judged.stderr]).toEqual([0, expect.stringContaining(told)]);
  const resumed = await call(train, `--resume ${out} --steps 18 --quiet`);
  expect([resumed.code, resumed.stderr]).toEqual([0, '']);
  const again = await call(evaluate, judging);
  expect([again.code, again.stderr]).toEqual([0, expect.not.stringContaining('training was in stage')]);
  const protocols = readEvaluations(join(out, 'evaluations.jsonl')).map(({ protocol }) => protocol.stage);
  expect(protocols).toEqual(['8×8, fading in', undefined]);
});
