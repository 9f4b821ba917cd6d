import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../src/cli/train';
import { environment, plain, put } from '../data/files';
import { FakeHost } from './fakes';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resume-'));
  for (const [name, colour] of Object.entries({ red: '#ff0000', blue: '#0000ff' }))
    for (let i = 0; i < 4; i++) await putImage('set', `${name}/${i}.png`, colour);
});
afterAll(() => rmSync(folder, { recursive: true }));
environment(() => ({ XDG_CACHE_HOME: join(folder, 'cache') }));

const putImage = async (set: string, path: string, colour: string) =>
  put(join(folder, set, path), await plain('png', { width: 16, height: 16, colour }));

async function call(...argv: string[]) {
  const host = new FakeHost();
  const code = await main(['--device', 'cpu', ...argv], host);
  return { code, stderr: host.stderr.text };
}

/** A copy of the images and a run that was trained on them. */
async function started(name: string): Promise<{ set: string; run: string }> {
  const [set, run] = [join(folder, `${name}-set`), join(folder, `${name}-run`)];
  cpSync(join(folder, 'set'), set, { recursive: true });
  const data = ['--dataset', `folder:${set}`, '--resolution', '16', '--batch', '4'];
  const model = ['--set', 'width=4', '--set', 'latentSize=4', '--precision', 'fp32'];
  const { code, stderr } = await call('cgan', ...data, ...model, '--steps', '1', '--out', run);
  if (code !== 0) throw new Error(stderr);
  return { set, run };
}

test('a run does not go on with a class that was renamed, and names it', async () => {
  const { set, run } = await started('renamed');
  renameSync(join(set, 'red'), join(set, 'azure'));
  const { code, stderr } = await call('--resume', run, '--steps', '2');
  expect(code).toBe(1);
  expect(stderr).toContain('are not those of the run: red is gone and azure is new');
});

test('a run goes on with a changed image, and says so', async () => {
  const { run } = await started('changed');
  await putImage('changed-set', 'red/0.png', '#00ff00');
  const { code, stderr } = await call('--resume', run, '--steps', '2');
  expect(code).toBe(0);
  expect(stderr).toMatch(/changed-set changed since the checkpoint: the run goes on/);
});

test('a run goes on with images that were added, from the start of an epoch, and says so', async () => {
  const { run } = await started('added');
  for (let i = 4; i < 8; i++) await putImage('added-set', `red/${i}.png`, '#ff0000');
  const { code, stderr } = await call('--resume', run, '--steps', '2');
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /added-set changed since the checkpoint, from 8 to 12: the run goes on, from the start of an epoch/,
  );
});

test('a run goes on without an image that is broken by now, where that is asked for, and then remembers it', async () => {
  const { set, run } = await started('broken');
  writeFileSync(join(set, 'red/0.png'), 'no image');
  const refused = await call('--resume', run, '--steps', '2');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/red\/0\.png is not a readable image: .* --on-bad-image skip\n$/);
  const { code, stderr } = await call('--resume', run, '--steps', '2', '--on-bad-image', 'skip');
  expect([code, stderr]).toEqual([0, expect.stringContaining('warning: 1 image left out; the first: ')]);
  expect(stderr).toMatch(
    /changed since the checkpoint, from 8 to 7: the run goes on, from the start of an epoch/,
  );
  expect((await call('--resume', run, '--steps', '3')).code).toBe(0);
});

test('a run goes on with its images in another folder, and only with them', async () => {
  const { set, run } = await started('moved');
  const moved = join(folder, 'elsewhere');
  renameSync(set, moved);
  const { code, stderr } = await call('--resume', run, '--steps', '2', '--dataset', `folder:${moved}`);
  expect(code).toBe(0);
  expect(stderr).not.toMatch(/changed since/);
  await putImage('elsewhere', 'red/0.png', '#00ff00');
  renameSync(moved, join(folder, 'other'));
  const other = await call('--resume', run, '--steps', '3', '--dataset', `folder:${join(folder, 'other')}`);
  expect(other.code).toBe(1);
  expect(other.stderr).toMatch(/images in .*other are not those that the run was trained on, .*elsewhere/);
});
