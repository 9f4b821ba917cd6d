import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { writeError } from '../../src/io/file-error';
import { linear } from '../../src/nn/linear';
import { sgd } from '../../src/optim/sgd';
import { dcgan } from '../../src/recipes/dcgan';
import { MetricsLog } from '../../src/report/metrics-log';
import { latestCheckpoint } from '../../src/training/run-directory';
import { Trainer } from '../../src/training/trainer';
import { failure, usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyNetworks, tinyTrainer } from '../support/tiny-trainer';
import { buildModel, filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();
const steps = (count: number) => ({ steps: count, logEvery: 1 });

describe('a run directory', () => {
  test('holds the configuration, a line a log interval, sample grids, events and checkpoints', async () => {
    const trainer = new Trainer({
      ...buildModel(dcgan, { set: { width: '4' } }),
      device: testDevice,
      precision: 'fp32',
    });
    const loader = tinyLoader();
    const out = join(folder.path, 'deep', 'run');
    const options = {
      steps: 6,
      logEvery: 2,
      sampleEvery: 3,
      checkpointEvery: 4,
      out,
      settings: { recipe: 'dcgan', set: {} },
    };
    const reports = await reportsOf(trainer.fit(loader, options));
    expect(reports.at(-1)).toMatchObject({
      samples: join(out, 'samples', 'step-000006.png'),
      checkpoint: join(out, 'checkpoints', 'step-000006'),
    });
    expect(readdirSync(join(out, 'samples'))).toEqual(['step-000003.png', 'step-000006.png']);
    expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-000004', 'step-000006']);
    expect(Object.keys(filesOf(join(out, 'checkpoints', 'step-000006')))).toEqual([
      'ema/generator.safetensors',
      'manifest.json',
      'networks/discriminator.safetensors',
      'networks/generator.safetensors',
      'optimizers/D.safetensors',
      'optimizers/G.safetensors',
      'state.safetensors',
    ]);
    const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ step }) => step)).toEqual([2, 4, 6]);
    expect(Object.keys(lines[0])).toEqual([
      'step',
      'imagesSeen',
      'imagesPerSecond',
      'D',
      'G',
      'D(real)',
      'D(fake)',
      'learningRate/D',
      'learningRate/G',
    ]);
    const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
    expect(config).toMatchObject({
      settings: { recipe: 'dcgan' },
      batch: 8,
      dataset: { name: 'tiny', specs: { images: { channels: 1 } } },
    });
    expect(readdirSync(out).some((name) => name.startsWith('events.out.tfevents.'))).toBe(true);
    loader.dispose();
    trainer.dispose();
  });

  test('has all lines of the log, on the disk, before the checkpoint that goes on from them is there', async () => {
    const trainer = tinyTrainer();
    const loader = tinyLoader();
    const out = join(folder.path, 'run');
    const { promises } = await import('node:fs');
    const [rename, sync] = [jest.spyOn(promises, 'rename'), jest.spyOn(MetricsLog.prototype, 'sync')];
    const seen: [checkpoint: string, lines: number, synced: number][] = [];
    rename.mockImplementation((from, to) => {
      if (/step-\d+$/.test(String(to))) {
        const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').split('\n').length - 1;
        seen.push([basename(String(to)), lines, sync.mock.calls.length]);
      }
      return Promise.resolve(renameSync(from, to));
    });
    await reportsOf(trainer.fit(loader, { ...steps(4), out, checkpointEvery: 2, sampleEvery: 100 }));
    jest.restoreAllMocks();
    expect(seen).toEqual([
      ['step-000002', 2, 1],
      ['step-000004', 4, 2],
    ]);
    loader.dispose();
    trainer.dispose();
  });

  test.each([
    [undefined, ['step-000004', 'step-000005', 'step-000006']],
    [1, ['step-000006']],
    [0, ['step-000001', 'step-000002', 'step-000003', 'step-000004', 'step-000005', 'step-000006']],
  ])('keeps the newest checkpoints: of 6, keep %j', async (keep, kept) => {
    const trainer = tinyTrainer();
    const loader = tinyLoader();
    const out = join(folder.path, 'run');
    await reportsOf(trainer.fit(loader, { ...steps(6), out, keep, checkpointEvery: 1, sampleEvery: 100 }));
    expect(readdirSync(join(out, 'checkpoints'))).toEqual(kept);
    loader.dispose();
    trainer.dispose();
  });

  test('has its config.json replaced at a resume, never written over: a full disk must not empty it', async () => {
    const out = join(folder.path, 'run');
    const [config, before] = [join(out, 'config.json'), join(folder.path, 'before.json')];
    const train = async (count: number, resume: boolean) => {
      const trainer = tinyTrainer();
      const loader = tinyLoader();
      await reportsOf(trainer.fit(loader, { ...steps(count), out, resume, settings: { count } }));
      loader.dispose();
      trainer.dispose();
    };
    await train(1, false);
    // The same file by another name: what is written over changes there, too.
    linkSync(config, before);
    await train(2, true);
    const countIn = (file: string) => JSON.parse(readFileSync(file, 'utf8')).settings.count;
    expect([countIn(before), countIn(config)]).toEqual([1, 2]);
  });

  test('deletes no checkpoint when the new one cannot be written', async () => {
    const trainer = tinyTrainer();
    const loader = tinyLoader();
    const out = join(folder.path, 'run');
    const { promises } = await import('node:fs');
    const { rename } = promises;
    const spy = jest.spyOn(promises, 'rename').mockImplementation((from, to) => {
      if (/step-000005$/.test(String(to))) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      return rename(from, to);
    });
    const options = { ...steps(6), out, keep: 1, checkpointEvery: 1, sampleEvery: 100 };
    await expect(reportsOf(trainer.fit(loader, options))).rejects.toEqual(
      failure('ERR_CANNOT_WRITE', 'the disk is full'),
    );
    spy.mockRestore();
    expect(readdirSync(join(out, 'checkpoints'))).toContain('step-000004');
    loader.dispose();
    trainer.dispose();
  });

  test('a disk that is full for the log has a checkpoint before the training ends, and the error says so', async () => {
    const trainer = tinyTrainer();
    const loader = tinyLoader();
    const out = join(folder.path, 'run');
    const append = jest.spyOn(MetricsLog.prototype, 'append').mockImplementation(({ step }) => {
      if (step === 3) throw writeError('metrics.jsonl', Object.assign(new Error('full'), { code: 'ENOSPC' }));
    });
    await expect(reportsOf(trainer.fit(loader, { ...steps(6), out, sampleEvery: 100 }))).rejects.toEqual(
      failure(
        'ERR_CANNOT_WRITE',
        `the disk is full: free some space or choose another folder (ENOSPC); the training so far is in ${join(out, 'checkpoints', 'step-000003')}`,
      ),
    );
    append.mockRestore();
    expect((await latestCheckpoint(out)).description.step).toBe(3);
    loader.dispose();
    trainer.dispose();
  });

  test('a picture that cannot be written ends the training after its line of the log and a checkpoint', async () => {
    const trainer = tinyTrainer();
    const loader = tinyLoader();
    const out = join(folder.path, 'run');
    const { promises } = await import('node:fs');
    const { rename } = promises;
    const spy = jest.spyOn(promises, 'rename').mockImplementation((from, to) => {
      if (/samples/.test(String(to))) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      return rename(from, to);
    });
    await expect(reportsOf(trainer.fit(loader, { ...steps(6), out, sampleEvery: 3 }))).rejects.toEqual(
      failure('ERR_CANNOT_WRITE', 'the training so far is in'),
    );
    spy.mockRestore();
    expect((await latestCheckpoint(out)).description.step).toBe(3);
    expect(readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n')).toHaveLength(3);
    loader.dispose();
    trainer.dispose();
  });

  test('keeps networks apart from its own files, whatever they are called', async () => {
    const build = () => {
      const { generator, discriminator } = tinyNetworks();
      return new Trainer({
        networks: { state: generator, ema: discriminator, manifest: linear(2, 2) },
        ema: { state: { halfLifeImages: 10 }, ema: { halfLifeImages: 10 } },
        latent: { size: 4 },
        device: testDevice,
        precision: 'fp32',
        phases: [
          {
            name: 'state',
            trains: ['state', 'ema'],
            optimizer: sgd({ lr: 0.1 }),
            loss: ({ latents, networks: { state, ema } }) =>
              ema.forward(state.forward(latents)).square().mean(),
          },
        ],
      });
    };
    const out = join(folder.path, 'run');
    for (const resume of [false, true]) {
      const trainer = build();
      const loader = tinyLoader();
      await reportsOf(trainer.fit(loader, { ...steps(resume ? 4 : 2), out, resume, sampleEvery: 100 }));
      loader.dispose();
      trainer.dispose();
    }
    expect(Object.keys(filesOf(join(out, 'checkpoints', 'step-000004')))).toEqual([
      ...['ema/ema.safetensors', 'ema/state.safetensors', 'manifest.json', 'networks/ema.safetensors'],
      ...['networks/manifest.safetensors', 'networks/state.safetensors', 'optimizers/state.safetensors'],
      'state.safetensors',
    ]);
  });

  test.each([
    ['step', 'which the log has in every line'],
    ['imagesSeen', 'which the log has in every line'],
    ['imagesPerSecond', 'which the log has in every line'],
    ['D', 'which the log has for the loss of that phase'],
    ['', 'expected a name'],
  ])('has each name once in a line: a loss that logs %j is refused', async (name, why) => {
    const trainer = new Trainer({
      networks: tinyNetworks(),
      latent: { size: 4 },
      device: testDevice,
      precision: 'fp32',
      phases: [
        {
          name: 'D',
          trains: 'generator',
          optimizer: sgd({ lr: 0.1 }),
          loss: ({ latents, networks, log }) => {
            log(name, 3);
            return networks.generator.forward(latents).square().mean();
          },
        },
      ],
    });
    const loader = tinyLoader();
    const out = join(folder.path, 'run');
    await expect(reportsOf(trainer.fit(loader, { ...steps(1), out }))).rejects.toEqual(usage(why));
    expect(readFileSync(join(out, 'metrics.jsonl'), 'utf8')).toBe('');
    loader.dispose();
    trainer.dispose();
  });

  test('is not overwritten by another run, nor made where it cannot be', async () => {
    const trainer = tinyTrainer();
    const loader = tinyLoader();
    mkdirSync(join(folder.path, 'run', 'best'), { recursive: true });
    writeFileSync(join(folder.path, 'run', 'config.json'), '{}');
    await expect(
      reportsOf(trainer.fit(loader, { ...steps(1), out: join(folder.path, 'run') })),
    ).rejects.toEqual(failure('ERR_RUN_EXISTS', 'holds a run already'));
    writeFileSync(join(folder.path, 'file'), '');
    await expect(
      reportsOf(trainer.fit(loader, { ...steps(1), out: join(folder.path, 'file', 'run') })),
    ).rejects.toEqual(failure('ERR_CANNOT_WRITE', 'a file, not a folder'));
    expect(existsSync(join(folder.path, 'run', 'checkpoints'))).toBe(false);
    loader.dispose();
    trainer.dispose();
  });

  const full = existsSync('/dev/full') ? test : test.skip;
  full('says of a full disk that it is full, and keeps what was saved before', async () => {
    const trainer = tinyTrainer();
    const loader = tinyLoader();
    const out = join(folder.path, 'run');
    const training = trainer.fit(loader, { ...steps(4), out, checkpointEvery: 2, sampleEvery: 100 });
    for (let i = 0; i < 2; i++) await training.next();
    // A device that is always full takes the place of the next checkpoint's file.
    const networks = join(out, 'checkpoints', `.step-000004.${process.pid}.tmp`, 'networks');
    const device = join(networks, 'generator.safetensors');
    const { promises } = await import('node:fs');
    const mkdir = jest.spyOn(promises, 'mkdir').mockImplementation(async (path) => {
      mkdirSync(String(path), { recursive: true });
      if (String(path) === networks && !existsSync(device)) symlinkSync('/dev/full', device);
      return undefined;
    });
    await expect(training.next().then(() => training.next())).rejects.toEqual(
      failure('ERR_CANNOT_WRITE', 'the disk is full'),
    );
    mkdir.mockRestore();
    expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-000002']);
    loader.dispose();
    trainer.dispose();
  });
});
