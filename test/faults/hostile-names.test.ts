// Names of networks, phases and logs: each is refused when the trainer is made or the number is logged, or the run keeps apart what has it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linear } from '../../src/nn/linear';
import { sgd } from '../../src/optim/sgd';
import { formatManifest } from '../../src/training/manifest';
import { latestCheckpoint } from '../../src/training/run-directory';
import { Trainer } from '../../src/training/trainer';
import { testDevice } from '../support/fixtures';
import { tinyTrainer } from '../support/tiny-trainer';
import { filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';
import { countFaults } from './count';
import { refused } from './damage';

const folder = temporaryFolder();
const run = () => join(folder.path, 'run');

/** What a training with such names leaves in its newest checkpoint, or the error that it ended with. */
async function train({ network = 'plain', phase = 'P', log = 'mean' }): Promise<unknown> {
  const module = linear(256, 1);
  const loader = tinyLoader();
  let trainer: Trainer | undefined;
  try {
    trainer = new Trainer({
      networks: { [network]: module },
      device: testDevice,
      precision: 'fp32',
      phases: [
        {
          name: phase,
          trains: network,
          optimizer: sgd({ lr: 1e-3 }),
          loss: ({ batch: { images }, networks, log: tell }) => {
            const loss = networks[network].forward(images.reshape([images.shape[0], 256])).mean();
            tell(log, loss);
            return loss;
          },
        },
      ],
    });
    await reportsOf(trainer.fit(loader, { steps: 2, logEvery: 1, checkpointEvery: 1, out: run() }));
    return Object.keys((await latestCheckpoint(run())).files).sort();
  } catch (error) {
    return error;
  } finally {
    loader.dispose();
    if (trainer) trainer.dispose();
    else module.dispose();
  }
}

const NAMES = [
  ...['', ' ', '.', '..', '../up', 'a/b', 'a\\b', '/abs', 'a\0b', 'one\ntwo', '\u001b[31m', 'x'.repeat(300)],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'state',
    'ema',
    'networks',
    'manifest',
    'manifest.json',
  ],
  ...[
    'CON',
    'ü-🏃',
    'Ü',
    'a b',
    '%2e%2e',
    '$(x)',
    '<b>',
    'step',
    'imagesSeen',
    'imagesPerSecond',
    'learningRate/P',
    'NaN',
    '0',
    '-1',
  ],
];

/** What becomes the name of a file. */
const FILE = /^[a-z][\w-]{0,99}$/i;

describe.each(NAMES)('the name %j', (name) => {
  test('of a network', async () => {
    const left = await train({ network: name });
    if (left instanceof Error) refused(left, '');
    else expect(left).toEqual(['state', `networks/${name}`, 'optimizers/P'].sort());
    if (!FILE.test(name)) expect(left).toBeInstanceOf(Error);
    countFaults('odd cases');
  });

  test('of a phase', async () => {
    const left = await train({ phase: name, log: 'mean' });
    if (left instanceof Error) refused(left, '');
    else expect(left).toEqual(['state', 'networks/plain', `optimizers/${name}`].sort());
    if (!FILE.test(name)) expect(left).toBeInstanceOf(Error);
    countFaults('odd cases');
  });

  test('of a number that is logged', async () => {
    const left = await train({ log: name });
    if (left instanceof Error) refused(left, '');
    else {
      const lines = readFileSync(join(run(), 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
      expect(lines.map((line) => Object.keys(JSON.parse(line)))).toEqual(
        Array.from({ length: 2 }, () => expect.arrayContaining(['step', 'P', name])),
      );
    }
    countFaults('odd cases');
  });
});

test('a checkpoint of a newer format is passed over by its format, and stays', async () => {
  const trainer = tinyTrainer();
  const loader = tinyLoader();
  await reportsOf(trainer.fit(loader, { steps: 2, checkpointEvery: 1, out: run() }));
  loader.dispose();
  trainer.dispose();
  const newest = join(run(), 'checkpoints', 'step-000002');
  const { description } = await latestCheckpoint(run());
  const text = formatManifest({ ...description, files: {} });
  for (const format of ['3', '"2"', 'null', '[2]', '{}', '1e999', '-2', '2.0000001']) {
    writeFileSync(join(newest, 'manifest.json'), text.replace('"format": 2', `"format": ${format}`));
    const before = filesOf(newest);
    const { path, damaged } = await latestCheckpoint(run());
    expect(path).toBe(join(run(), 'checkpoints', 'step-000001'));
    expect(damaged).toEqual([
      expect.stringMatching(/step-000002: expected format 2 in manifest\.json but it has/),
    ]);
    expect(filesOf(newest)).toEqual(before);
    countFaults('odd cases');
  }
  rmSync(join(run(), 'checkpoints', 'step-000001'), { recursive: true });
  refused(await latestCheckpoint(run()).catch((error) => error), run());
});
