import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { checkHash, checkMembers } from '../../src/setup/archive';
import { temporaryFolder, write } from '../native/fake-libtorch';
import { failure } from '../support/failure';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** A zip of these names, made by Python: CMake writes no such members. */
function zip(script: string): string {
  const archive = path.join(folder, 'a.zip');
  const code = `import zipfile,stat\nz=zipfile.ZipFile('${archive}','w')\ndef link(name,to):\n i=zipfile.ZipInfo(name); i.create_system=3; i.external_attr=(stat.S_IFLNK|0o777)<<16; z.writestr(i,to)\n${script}\nz.close()`;
  const { status, stderr } = spawnSync('python3', ['-c', code], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  return archive;
}

test.each([
  "z.writestr('/tmp/out','')",
  "z.writestr('torch/include/../../../out','')",
  "z.writestr('torch/ok',''); link('torch/lib','/etc')",
  "link('torch/lib','../..')",
])('a member that leads out of the folder is refused: %s', async (script) => {
  await expect(checkMembers(zip(script))).rejects.toThrow(
    failure('ERR_FETCH', 'has a member that could be written outside of its folder'),
  );
});

test('members and links that stay inside are taken, also with spaces and dots in their names', async () => {
  await checkMembers(zip("z.writestr('torch/a b..c',''); link('torch/liba.so','liba.so.1')"));
});

test('a hash that is asked for is compared, and without any nothing is claimed', async () => {
  const file = write(path.join(folder, 'x.zip'), 'abc');
  const right = createHash('sha256').update('abc').digest('hex');
  expect(await checkHash(file, right)).toBe(true);
  expect(await checkHash(file, undefined)).toBe(false);
  await expect(checkHash(file, '0'.repeat(64))).rejects.toThrow(
    failure('ERR_WRONG_HASH', `but it has ${right}`),
  );
});

test('an archive under the name of a pinned one must be that one', async () => {
  const file = write(path.join(folder, 'torch-2.14.1-cp311-cp311-manylinux_2_28_x86_64.whl'), 'abc');
  await expect(checkHash(file, undefined)).rejects.toThrow(
    failure('ERR_WRONG_HASH', 'expected sha256 305a61f6'),
  );
});
