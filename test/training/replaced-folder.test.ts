import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeCheckpoint } from '../../src/training/checkpoint';
import type { CheckpointDescription } from '../../src/training/manifest';
import { RunDirectory } from '../../src/training/run-directory';
import { failure } from '../support/failure';
import { temporaryFolder } from '../support/training';

const folder = temporaryFolder();
/** Linux gives out ids up to 4194304. */
const DEAD = 4194999;
const best = () => join(folder.path, 'best');
const left = (which: 'tmp' | 'old', pid = DEAD) => join(folder.path, `.best.${pid}.${which}`);

function description(step: number): CheckpointDescription {
  const nothing = { topology: {}, specs: {}, loader: {}, settings: {}, versions: {} };
  return { step, images: step, batchesPerEpoch: 1, ...nothing };
}

/** A whole checkpoint of that step. */
async function put(path: string, step: number): Promise<void> {
  const numbers = { dtype: 'U8', shape: [4], bytes: Uint8Array.of(1, 2, 3, step) } as const;
  await writeCheckpoint(path, description(step), { 'networks/a': { numbers }, state: { numbers } });
}

async function putDamaged(path: string, step: number): Promise<void> {
  await put(path, step);
  writeFileSync(join(path, 'state.safetensors'), 'half');
}

async function reopened(): Promise<readonly string[]> {
  writeFileSync(join(folder.path, 'config.json'), '');
  (await RunDirectory.open(folder.path)).close();
  return readdirSync(folder.path).filter((name) => /best/.test(name));
}

const stepOf = (path: string) => JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')).step;

describe('the best weights survive the death of a process that replaces them', () => {
  test('between the two renames: the new ones are put in place', async () => {
    await put(left('old'), 1);
    await put(left('tmp'), 2);
    expect(await reopened()).toEqual(['best']);
    expect(stepOf(best())).toBe(2);
  });

  test('between the two renames, where the new ones are damaged: those before come back', async () => {
    await put(left('old'), 1);
    await putDamaged(left('tmp'), 2);
    expect(await reopened()).toEqual(['best']);
    expect(stepOf(best())).toBe(1);
  });

  test('after both renames: the new ones stay', async () => {
    await put(left('old'), 1);
    await put(best(), 2);
    expect(await reopened()).toEqual(['best']);
    expect(stepOf(best())).toBe(2);
  });

  test('after both renames, where the new ones are damaged: those before come back', async () => {
    await put(left('old'), 1);
    await putDamaged(best(), 2);
    expect(await reopened()).toEqual(['best']);
    expect(stepOf(best())).toBe(1);
  });

  test('before any rename: those before stay', async () => {
    await put(best(), 1);
    mkdirSync(left('tmp'));
    expect(await reopened()).toEqual(['best']);
    expect(stepOf(best())).toBe(1);
  });

  test('and what a living process writes is left alone', async () => {
    await put(best(), 1);
    await put(left('tmp', process.ppid), 2);
    expect(await reopened()).toEqual([`.best.${process.ppid}.tmp`, 'best']);
    expect(stepOf(best())).toBe(1);
  });
});

test('a checkpoint that is written again has the same two lives', async () => {
  const checkpoints = join(folder.path, 'checkpoints');
  await put(join(checkpoints, 'step-000004'), 4);
  cpSync(join(checkpoints, 'step-000004'), join(checkpoints, `.step-000004.${DEAD}.old`), {
    recursive: true,
  });
  rmSync(join(checkpoints, 'step-000004'), { recursive: true });
  await reopened();
  expect(readdirSync(checkpoints)).toEqual(['step-000004']);
});

test('a new checkpoint that was complete but had not its name yet gets it; one that was not is removed', async () => {
  const checkpoints = join(folder.path, 'checkpoints');
  await put(join(checkpoints, `.step-000004.${DEAD}.tmp`), 4);
  await putDamaged(join(checkpoints, `.step-000006.${DEAD}.tmp`), 6);
  await reopened();
  expect(readdirSync(checkpoints)).toEqual(['step-000004']);
});

test('a checkpoint that was being deleted does not come back', async () => {
  const checkpoints = join(folder.path, 'checkpoints');
  await put(join(checkpoints, `.step-000004.${DEAD}.gone`), 4);
  await reopened();
  expect(readdirSync(checkpoints)).toEqual([]);
});

test('a replacement that fails at its last rename leaves the old one in its place', async () => {
  await put(best(), 1);
  const { promises } = await import('node:fs');
  const { rename } = promises;
  const spy = jest.spyOn(promises, 'rename').mockImplementation((from, to) => {
    if (/\.tmp$/.test(String(from))) throw Object.assign(new Error('no'), { code: 'EIO' });
    return rename(from, to);
  });
  await expect(put(best(), 2)).rejects.toEqual(failure('ERR_CANNOT_WRITE', best()));
  spy.mockRestore();
  expect(stepOf(best())).toBe(1);
});
