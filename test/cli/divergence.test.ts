// What the command line does about a recipe that diverges: a file of the user's, whose loss is NaN in one step while its rate is too high.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as evaluate } from '../../src/cli/evaluate';
import { main as sample } from '../../src/cli/sample';
import { main as train } from '../../src/cli/train';
import { mnist } from '../../src/data/mnist';
import { keepClassifier } from '../support/kept-classifier';
import { filesOf } from '../support/training';
import { FakeHost } from './fakes';
import { writeTinyMnist } from './tiny-data';

let folder: string;
const { XDG_CACHE_HOME: cache } = process.env;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'divergence-'));
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  writeTinyMnist(folder);
  writeFileSync(join(folder, 'fragile.js'), FRAGILE);
});
afterAll(() => {
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
  rmSync(folder, { recursive: true });
});

/** The discriminator's loss of the sixth step is NaN while its learning rate is above the bound. */
const FRAGILE = `
const { field, gan, losses, models, optim } = require(${JSON.stringify(join(__dirname, '..', '..', 'src'))});
exports.fragile = {
  name: 'fragile',
  summary: 'diverges',
  fields: { lr: field.number(0.0009765625, { resumable: true }), bound: field.number(0.0006) },
  resolutions: { description: '16', accepts: ({ height }) => height === 16 },
  training: { resolution: 16, batch: 8, steps: 8 },
  build({ lr, bound }, { images }) {
    let running;
    const watched = (parameters) => (running = optim.adam({ lr })(parameters));
    const model = gan({
      networks: {
        generator: models.dcganGenerator({ images, width: 4, latentSize: 8 }),
        discriminator: models.dcganDiscriminator({ images, width: 4 }),
      },
      latent: { shape: [8, 1, 1] },
      loss: losses.nonSaturating(),
      optimizers: { discriminator: watched, generator: optim.adam({ lr }) },
    });
    const factor = (step) => (step === 5 && running.lr[0] > bound ? NaN : 1);
    const phases = model.phases.map((phase) =>
      phase.name === 'D' ? { ...phase, loss: (step) => phase.loss(step).mul(step.scheduled(factor)) } : phase);
    return { ...model, phases };
  },
};
`;

async function run(...args: string[]) {
  const host = new FakeHost();
  const code = await train(args, host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

const at = (...path: string[]) => join(folder, ...path);
const recipe = () => ['--recipe', at('fragile.js')];
const intervals = ['--checkpoint-every', '2', '--log-every', '1', '--sample-every', '100', '--device', 'cpu'];
const begin = (name: string, ...flags: string[]) =>
  run(...recipe(), '--dataset', 'mnist', '--data-dir', folder, '--out', at(name), ...intervals, ...flags);
const resume = (path: string, ...flags: string[]) => run('--resume', at(path), ...recipe(), ...flags);
const log = (name: string) =>
  readFileSync(at(name, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const { imagesPerSecond: _, ...numbers } = JSON.parse(line);
      return numbers;
    });
const config = (name: string) => JSON.parse(readFileSync(at(name, 'config.json'), 'utf8'));
const weights = (name: string, step: number) => {
  const { 'manifest.json': _, ...files } = filesOf(at(name, 'checkpoints', `step-00000${step}`));
  return files;
};

test.each([
  ['--on-divergence', 'hope', /--on-divergence expects stop, skip or rollback, but got "hope"/],
  ['--rollback-factor', '2', /--rollback-factor expects a number/],
  ['--rollback-limit', '0', /--rollback-limit expects a whole number/],
  ['--skip-limit', '0', /--skip-limit expects a whole number/],
])('%s %s is refused', async (flag, value, message) => {
  const { code, stderr } = await begin('refused', flag, value);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  expect(existsSync(at('refused'))).toBe(false);
});

test('stop: it ends with the step, the phase and the last good checkpoint, and is resumed with a lower rate', async () => {
  const { code, stderr } = await begin('stop');
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining(
      `training diverged at step 6: expected finite losses but phase D gave NaN; the last good checkpoint is ${at('stop', 'checkpoints', 'step-000004')}`,
    ),
  ]);
  expect((await resume('stop', '--set', 'lr=0.00048828125')).code).toBe(0);
  expect(config('stop').changes).toEqual(['from step 4 on: --set lr 0.0009765625 → 0.00048828125']);
});

test('skip: it goes on, counts the update in the log, and says so once', async () => {
  const { code, stderr } = await begin('skip', '--on-divergence', 'skip');
  expect(code).toBe(0);
  expect(stderr.match(/was skipped/g)).toHaveLength(1);
  expect(stderr).toContain(
    'warning: an update of phase D whose loss or gradients were not finite was skipped, at step 6',
  );
  expect(log('skip').map((line) => line['skipped/D'])).toEqual([0, 0, 0, 0, 0, 1, 1, 1]);
  expect(config('skip').settings.onDivergence).toBe('skip');
});

test('rollback: it goes back, on with lower rates, says so, and resumes exactly; a lower rate from the checkpoint gives the same', async () => {
  const flags = ['--on-divergence', 'rollback'];
  const { code, stderr } = await begin('back', ...flags);
  expect(code).toBe(0);
  expect(stderr).toContain(
    'warning: training diverged at step 6: expected finite losses but phase D gave NaN; back at step 4 (1 of 3 times), with the learning rates times 0.5: D 0.00048828125; G 0.00048828125',
  );
  expect(log('back').map(({ step, rollbacks }) => [step, rollbacks])).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map((step) => [step, step > 4 ? 1 : undefined]),
  );
  expect(config('back').rollbacks).toMatchObject([{ from: 6, to: 4, factor: 0.5 }]);
  expect(readFileSync(at('back', 'report.html'), 'utf8')).toContain('back at step 4');

  await begin('parts', ...flags, '--steps', '6');
  expect((await resume('parts', '--steps', '8')).code).toBe(0);
  expect(weights('parts', 8)).toEqual(weights('back', 8));
  expect(log('parts')).toEqual(log('back'));
  expect(config('parts').rollbacks).toEqual(config('back').rollbacks);
  expect(weights('stop', 8)).toEqual(weights('back', 8));
});

test('rollback: it stops at its limit, with the count', async () => {
  const { code, stderr } = await begin(
    'limit',
    '--on-divergence',
    'rollback',
    '--set',
    'bound=0.0001',
    '--rollback-limit',
    '2',
  );
  expect(code).toBe(1);
  expect(stderr.match(/warning: training diverged at step 6/g)).toHaveLength(2);
  expect(stderr).toContain('it went back 2 times before, and 2 is the limit');
  expect((await resume('limit', '--rollback-limit', '9', '--rollback-factor', '0.1')).code).toBe(0);
  expect(config('limit').rollbacks.map(({ factor }: { factor: number }) => factor)).toEqual([0.5, 0.5, 0.1]);
});

describe('a checkpoint that is named', () => {
  const point = (name: string) => join(name, 'checkpoints', 'step-000004');

  test('is where a run goes on; later checkpoints are set aside, with the log as it was', async () => {
    cpSync(at('back'), at('again'), { recursive: true });
    const { code, stderr } = await resume(point('again'), '--set', 'lr=0.0001');
    expect(code).toBe(0);
    expect(stderr).toContain(
      'warning: what came after step 4 (step-000008, step-000006, and the log of it) was set aside in',
    );
    expect(readdirSync(at('again', 'set-aside', 'after-step-000004', 'checkpoints'))).toEqual([
      'step-000006',
      'step-000008',
    ]);
    expect(log(join('again', 'set-aside', 'after-step-000004'))).toEqual(log('back'));
    expect(log('again').at(-1)['learningRate/D']).toBe(0.0001);
    expect(config('again').changes).toEqual(['from step 4 on: --set lr 0.0009765625 → 0.0001']);
  });

  test('gives the same bytes as a run that was never longer', async () => {
    cpSync(at('back'), at('same'), { recursive: true });
    expect((await resume(point('same'))).code).toBe(0);
    expect(weights('same', 8)).toEqual(weights('back', 8));
    expect(log('same')).toEqual(log('back'));
  });

  test('may be sampled and evaluated', async () => {
    const checkpoint = ['--checkpoint', at(point('back')), ...recipe(), '--device', 'cpu'];
    const host = new FakeHost();
    expect(await sample([...checkpoint, '--count', '4', '--out', at('grid.png')], host)).toBe(0);
    expect(existsSync(at('grid.png'))).toBe(true);
    await keepClassifier(await mnist({ dataDir: folder, resolution: 16 }), { dataDir: folder });
    const real = ['--dataset', 'mnist', '--data-dir', folder, '--metrics', 'diversity', '--count', '8'];
    const judged = await evaluate([...checkpoint, ...real, '--json'], host);
    expect([judged, host.stdout.text]).toEqual([0, expect.stringMatching(/diversity/)]);
  });

  test.each([
    ['back/checkpoints/step-000003', /no checkpoint that train can go on from: .*there is no such file/],
    ['back/best', /--resume .*best: no run that train can go on with/],
  ])('%s is refused', async (path, message) => {
    const { code, stderr } = await resume(path);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('a rate that is changed', () => {
  const rates = (name: string) => log(name).map((line) => line['learningRate/D']);
  const newest = (name: string) => at(name, 'checkpoints', 'step-000004');

  test('is kept where the run had no step left, or ended before its next checkpoint', async () => {
    await begin('kept', '--steps', '4', '--set', 'lr=0.0005');
    cpSync(newest('kept'), at('before'), { recursive: true });
    expect((await resume('kept', '--set', 'lr=0.0001')).code).toBe(0);
    cpSync(at('kept'), at('killed'), { recursive: true });
    // As if it had been killed before the checkpoint was written again.
    cpSync(at('before'), newest('killed'), { recursive: true, force: true });
    for (const name of ['kept', 'killed']) {
      expect((await resume(name, '--steps', '6')).code).toBe(0);
      expect(rates(name)).toEqual([0.0005, 0.0005, 0.0005, 0.0005, 0.0001, 0.0001]);
    }
  });

  test('fewer steps than a run has are refused, and leave it as it is', async () => {
    const before = readFileSync(at('kept', 'config.json'), 'utf8');
    const { code, stderr } = await resume('kept', '--steps', '5');
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('expected at least the 6 steps that the run has but received 5'),
    ]);
    expect(readFileSync(at('kept', 'config.json'), 'utf8')).toBe(before);
  });
});

test('rollback: a best of later steps is set aside, and not written over by a worse one', async () => {
  await keepClassifier(await mnist({ dataDir: folder, resolution: 16 }), { dataDir: folder });
  const judging = ['--eval-every', '5', '--eval-count', '8', '--eval-metrics', 'fid'];
  expect((await begin('judged', '--on-divergence', 'rollback', ...judging)).code).toBe(0);
  const aside = at('judged', 'set-aside', 'after-step-000004');
  expect(JSON.parse(readFileSync(join(aside, 'best', 'manifest.json'), 'utf8')).step).toBe(5);
  expect(existsSync(join(aside, 'evaluations.jsonl'))).toBe(true);
  expect(existsSync(at('judged', 'best'))).toBe(true);
});
