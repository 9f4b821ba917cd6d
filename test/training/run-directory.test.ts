import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dcgan } from '../../src/recipes/dcgan';
import { Trainer } from '../../src/training/trainer';
import { failure } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyTrainer } from '../support/tiny-trainer';
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
    expect(Object.keys(lines[0])).toEqual(['step', 'imagesPerSecond', 'D', 'G', 'D(real)', 'D(fake)']);
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
