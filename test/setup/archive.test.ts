import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { checkHash, checkMembers, unpackArchive } from '../../src/setup/archive';
import { fakeProgram, temporaryFolder, write } from '../native/fake-libtorch';
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

describe('unpacked without CMake', () => {
  /** A PATH with Python alone. */
  function python(): NodeJS.ProcessEnv {
    const { stdout } = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], {
      encoding: 'utf8',
    });
    const bin = path.join(folder, 'bin');
    fakeProgram(bin, 'python3', `exec ${stdout.trim()} "$@"`);
    return { PATH: bin };
  }

  function unpack(archive: string, env: NodeJS.ProcessEnv): Promise<void> {
    const target = path.join(folder, 'unpacked');
    fs.mkdirSync(target);
    return unpackArchive(archive, { folder: target, wanted: ['torch/lib', 'torch/version.py'], env });
  }

  test('and without Python: the error says what is missing', async () => {
    const archive = zip("z.writestr('torch/lib/a','')");
    await expect(unpack(archive, { PATH: folder })).rejects.toThrow(
      failure('ERR_FETCH', 'a.zip cannot be unpacked: expected CMake or python3 on PATH, found neither'),
    );
  });

  test.each([
    "z.writestr('/tmp/out','')",
    "z.writestr('torch/lib/../../../out','')",
    "z.writestr('torch/ok',''); link('torch/lib','/etc')",
  ])('a member that could be written outside is refused: %s', async (script) => {
    await expect(unpack(zip(script), python())).rejects.toThrow(
      failure('ERR_FETCH', 'a.zip has a member that'),
    );
    expect(fs.readdirSync(path.join(folder, 'unpacked'))).toEqual([]);
  });

  test('a damaged member is an error in one line', async () => {
    const archive = zip("z.writestr('torch/lib/a','abcdefgh'*100)");
    const bytes = fs.readFileSync(archive);
    bytes[bytes.indexOf('abcdefgh') + 3] ^= 1;
    fs.writeFileSync(archive, bytes);
    const unpacked = unpack(archive, python());
    await expect(unpacked).rejects.toThrow(failure('ERR_FETCH', 'Bad CRC-32'));
    await expect(unpacked).rejects.not.toThrow(failure('ERR_FETCH', '\n'));
  });

  test('what is wanted is there, and nothing else', async () => {
    const archive = zip(
      "[z.writestr(n,n) for n in ['torch/lib/a','torch/lib/b/c','torch/version.py','torch/library','torch/x/y']]",
    );
    await unpack(archive, python());
    const files = fs.readdirSync(path.join(folder, 'unpacked', 'torch'), {
      recursive: true,
      encoding: 'utf8',
    });
    expect(files.sort()).toEqual(['lib', 'lib/a', 'lib/b', 'lib/b/c', 'version.py']);
    expect(fs.readFileSync(path.join(folder, 'unpacked', 'torch', 'lib', 'b', 'c'), 'utf8')).toBe(
      'torch/lib/b/c',
    );
  });
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
