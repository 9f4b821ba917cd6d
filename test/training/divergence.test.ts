// What a training does about numbers that are not finite: in losses, gradients and weights.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sgd } from '../../src/optim/sgd';
import { noGrad } from '../../src/tensor/autograd';
import type { Tensor } from '../../src/tensor/tensor';
import { Trainer } from '../../src/training/trainer';
import { failure } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyModel } from '../support/recorded';
import { StandInCapture } from '../support/stand-in-capture';
import { tinyTrainer } from '../support/tiny-trainer';
import { reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();
const steps = (count: number) => ({ steps: count, logEvery: 1 });

describe('a diverging loss', () => {
  const nan = (value: Tensor, step: number) => (step === 5 ? value.mul(Number.NaN) : value);

  test('stops with the step, the phase, and the last good checkpoint', async () => {
    const trainer = tinyTrainer(nan);
    const loader = tinyLoader();
    const out = join(folder.path, 'run');
    const training = reportsOf(trainer.fit(loader, { ...steps(9), out, checkpointEvery: 2 }));
    await expect(training).rejects.toEqual(
      failure(
        'ERR_DIVERGED',
        `diverged at step 6: expected finite losses but phase D gave NaN; the last good checkpoint is ${join(out, 'checkpoints', 'step-000004')}`,
      ),
    );
    expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-000002', 'step-000004']);
    loader.dispose();
    trainer.dispose();
  });

  test('says so where nothing was saved', async () => {
    const trainer = tinyTrainer(nan);
    const loader = tinyLoader();
    await expect(reportsOf(trainer.fit(loader, steps(9)))).rejects.toEqual(
      failure('ERR_DIVERGED', 'no checkpoint was written before'),
    );
    loader.dispose();
    trainer.dispose();
  });
});

describe('a gradient that is not finite, of a finite loss', () => {
  /** The loss as it is, with the gradient 0 · ∞. */
  const spoiled = (value: Tensor) => value.add(value.sub(value).sqrt());
  const spoil = (value: Tensor, step: number) => (step === 5 ? spoiled(value) : value);

  test.each(['step', 'log'] as const)(
    'stops before anything is saved, and the last good checkpoint stays the newest (losses read at each %s)',
    async (checkLosses) => {
      const trainer = tinyTrainer(spoil);
      const loader = tinyLoader();
      const out = join(folder.path, 'run');
      const options = { steps: 9, logEvery: 6, out, checkpointEvery: 2, checkLosses };
      await expect(reportsOf(trainer.fit(loader, options))).rejects.toEqual(
        failure(
          'ERR_DIVERGED',
          `diverged at step 6: expected finite gradients but those of phase D held NaN or infinity, though its loss is finite; the last good checkpoint is ${join(out, 'checkpoints', 'step-000004')}`,
        ),
      );
      expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-000002', 'step-000004']);
      loader.dispose();
      trainer.dispose();
    },
  );

  test('is not saved by an interruption either', async () => {
    const trainer = tinyTrainer((value, step) => (step === 1 ? spoiled(value) : value));
    const loader = tinyLoader();
    const out = join(folder.path, 'run');
    const leave = new AbortController();
    const options = { steps: 9, logEvery: 1, out, checkLosses: 'log', signal: leave.signal } as const;
    const training = (async () => {
      for await (const { step } of trainer.fit(loader, options)) if (step === 1) leave.abort();
    })();
    await training;
    const resumed = trainer.fit(loader, { ...options, resume: true, signal: undefined });
    await expect(reportsOf(resumed)).rejects.toEqual(failure('ERR_DIVERGED', 'diverged at step 2'));
    expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-000001']);
    loader.dispose();
    trainer.dispose();
  });

  test('is found in a step that was captured', async () => {
    const capture = () => new StandInCapture();
    const build = tinyModel({
      loss: ({ batch: { images }, networks: { discriminator: D }, scheduled }) => {
        const value = D.forward(images).square().mean();
        return value.add(
          value
            .sub(value)
            .add(scheduled((step) => (step === 8 ? 0 : 1)))
            .sqrt(),
        );
      },
    });
    const trainer = new Trainer({ ...build(), device: testDevice, precision: 'fp32', graphs: capture });
    const loader = tinyLoader();
    await expect(reportsOf(trainer.fit(loader, steps(12)))).rejects.toEqual(
      failure('ERR_DIVERGED', 'diverged at step 9: expected finite gradients but those of phase P0'),
    );
    expect(trainer.graphs).toBe(1);
    loader.dispose();
    trainer.dispose();
  });
});

test('a weight that is not finite is not saved, whatever losses and gradients are', async () => {
  const build = () =>
    tinyTrainer(
      (value, step) => {
        if (step === 3) noGrad(() => trainer.averages.generator.module.parameters()[0].fill_(Number.NaN));
        return value;
      },
      { ema: { generator: { halfLifeImages: 100 } } },
    );
  const trainer = build();
  const loader = tinyLoader();
  const out = join(folder.path, 'run');
  const training = reportsOf(trainer.fit(loader, { ...steps(9), out, checkpointEvery: 2 }));
  await expect(training).rejects.toEqual(
    failure(
      'ERR_DIVERGED',
      'at step 4: expected finite weights but ema/generator 0.weight holds NaN or infinity, and was not saved; the last good',
    ),
  );
  expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-000002']);
  loader.dispose();
  trainer.dispose();
});

test('a run resumed with a change goes on at the new learning rate, and config.json and the notes tell it', async () => {
  const out = join(folder.path, 'run');
  const train = async (lr: number, options: { steps: number; changes?: string[]; resume?: boolean }) => {
    const build = tinyModel({ optimizer: sgd({ lr }) });
    const trainer = new Trainer({ ...build(), device: testDevice, precision: 'fp32' });
    const loader = tinyLoader();
    const reports = await reportsOf(trainer.fit(loader, { out, logEvery: 1, ...options }));
    const [rate] = trainer.phases[0].running.lr;
    loader.dispose();
    trainer.dispose();
    return { rate, notes: reports.flatMap(({ notes }) => notes) };
  };
  const change = '--set lr 0.5 → 0.25';
  await train(0.5, { steps: 2 });
  const told = [`from step 2 on: ${change}`];
  expect(await train(0.25, { steps: 3, resume: true, changes: [change] })).toEqual({
    rate: 0.25,
    notes: told,
  });
  expect(await train(0.25, { steps: 4, resume: true })).toEqual({ rate: 0.25, notes: [] });
  expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).changes).toEqual(told);
});
