import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualSeed } from '../../src/tensor/random';
import { readWeights } from '../../src/training/weights';
import { failure } from '../support/failure';
import { tinyTrainer } from '../support/tiny-trainer';
import { filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder.path, ...parts);

const torchFile = (name: string) => join(__dirname, '../fixtures/io/state-dict', `${name}.pth`);

/** A run of four steps with a checkpoint after every second. */
async function trainRun(): Promise<void> {
  manualSeed(2);
  const trainer = tinyTrainer(undefined, { ema: { generator: { halfLifeImages: 50 } } });
  const loader = tinyLoader();
  const options = { steps: 4, out: at('run'), checkpointEvery: 2, page: false } as const;
  await reportsOf(trainer.fit(loader, options));
  loader.dispose();
  trainer.dispose();
}

/** Turns a bit of a file's last byte. */
function damage(...parts: string[]): void {
  const bytes = readFileSync(at(...parts));
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(at(...parts), bytes);
}

describe('readWeights refuses', () => {
  test('a path where nothing is', async () => {
    await expect(readWeights(at('none'))).rejects.toEqual(
      failure('ERR_CANNOT_READ', 'none: there is no such file'),
    );
  });

  test('a folder that is no run, and a checkpoint without its manifest', async () => {
    await expect(readWeights(folder.path)).rejects.toEqual(failure('ERR_NO_RUN', 'expected a run directory'));
    for (const name of ['best', 'step-000002']) {
      mkdirSync(at(name));
      await expect(readWeights(at(name))).rejects.toEqual(
        failure('ERR_BAD_CHECKPOINT', `${name}: cannot read`),
      );
    }
  });

  test.each([
    [
      'a zip file that is cut off',
      Buffer.from('PK\x03\x04\x00\x00\x08\x08\x00\x00', 'latin1'),
      'it is cut off',
    ],
    ['a bare pickle', Buffer.from('\x80\x02N.', 'latin1'), 'not one of torch.save'],
    ['a call of a shell', readFileSync(torchFile('command')), '"posix.system"'],
  ])('%s, and runs nothing', async (_, bytes, problem) => {
    writeFileSync(at('model.pt'), bytes);
    await expect(readWeights(at('model.pt'))).rejects.toEqual(failure('ERR_BAD_STATE_DICT', problem));
  });

  test('a key of a run, and one that a file does not have', async () => {
    await trainRun();
    await expect(readWeights(at('run'), { key: 'netG' })).rejects.toEqual(
      failure('ERR_USAGE', 'key netG is of a file, but'),
    );
    await expect(readWeights(torchFile('pair'), { key: 'netX' })).rejects.toEqual(
      failure('ERR_BAD_STATE_DICT', 'expected an entry "netX"'),
    );
  });

  test('a pipe, without waiting for its writer', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    await expect(readWeights(at('pipe'))).rejects.toEqual(
      failure('ERR_BAD_SAFETENSORS', 'it is not a regular file'),
    );
  });

  test('a file that is cut off, or empty', async () => {
    for (const size of [0, 7, 40]) {
      writeFileSync(at('short.safetensors'), Buffer.alloc(size, 1));
      await expect(readWeights(at('short.safetensors'))).rejects.toEqual(
        failure('ERR_BAD_SAFETENSORS', 'short.safetensors'),
      );
    }
  });

  test.each([
    ['a network', ['networks', 'discriminator.safetensors'], 'it was changed or damaged'],
    ['the manifest', ['manifest.json'], 'manifest.json'],
  ])('a checkpoint in which %s was damaged, also by one of its files', async (_, parts, problem) => {
    await trainRun();
    const checkpoint = ['run', 'checkpoints', 'step-000004'];
    damage(...checkpoint, ...parts);
    for (const path of [at(...checkpoint), at(...checkpoint, 'networks', 'discriminator.safetensors')]) {
      const refusal = await readWeights(path).catch((error) => error);
      expect(['ERR_BAD_CHECKPOINT', 'ERR_BAD_SAFETENSORS']).toContain(refusal.code);
      expect(refusal.message).toContain(problem);
    }
  });
});

test('readWeights takes the newest whole checkpoint of a run, and says what it passed over', async () => {
  await trainRun();
  const before = filesOf(at('run'));
  const newest = await readWeights(at('run'));
  expect(newest).toMatchObject({ source: at('run', 'checkpoints', 'step-000004'), step: 4, notes: [] });
  expect(filesOf(at('run'))).toEqual(before);
  expect(newest.sha256).toBe(before['checkpoints/step-000004/manifest.json']);

  damage('run', 'checkpoints', 'step-000004', 'networks', 'generator.safetensors');
  const older = await readWeights(at('run'));
  expect(older).toMatchObject({ source: at('run', 'checkpoints', 'step-000002'), step: 2 });
  expect(older.notes).toEqual([expect.stringMatching(/step-000004.*damaged; starting from .*step-000002$/)]);
});

test('readWeights takes best/ from the copy that a process left which died while it replaced it', async () => {
  await trainRun();
  const copy = at('run', '.best.4194999.old');
  cpSync(at('run', 'checkpoints', 'step-000002'), copy, { recursive: true });
  const best = at('run', 'best');
  expect(await readWeights(best)).toMatchObject({
    source: best,
    step: 2,
    notes: [`${best} was being replaced when its process ended, or is now: taken from ${copy}`],
  });
});

test('readWeights takes networks in training of a checkpoint, and averages by their file', async () => {
  await trainRun();
  const checkpoint = at('run', 'checkpoints', 'step-000002');
  const { held } = await readWeights(checkpoint);
  expect(held.by === 'network' && Object.keys(held.networks)).toEqual(['generator', 'discriminator']);
  const file = join(checkpoint, 'ema', 'generator.safetensors');
  const average = await readWeights(file);
  expect(average).toMatchObject({ source: file, step: 2, held: { by: 'file', name: 'generator' } });
  expect(average.sha256).toBe(filesOf(checkpoint)['ema/generator.safetensors']);
});

test('readWeights takes files of PyTorch: one state dict, several by their keys, or the one that a key chooses', async () => {
  const one = await readWeights(torchFile('parallel'));
  expect(one).toMatchObject({
    source: torchFile('parallel'),
    step: null,
    held: { by: 'file', name: 'parallel' },
  });
  expect(one.sha256).toBe(
    createHash('sha256')
      .update(readFileSync(torchFile('parallel')))
      .digest('hex'),
  );
  const names = one.held.by === 'file' ? Object.keys(one.held.tensors) : [];
  expect(names).toContain('main.0.weight');

  const { held } = await readWeights(torchFile('pair'));
  expect(held.by === 'dicts' && Object.keys(held.dicts)).toEqual(['netG', 'netD']);
  const chosen = await readWeights(torchFile('pair'), { key: 'netD' });
  expect(chosen.held).toMatchObject({ by: 'file', name: 'netD' });
});
