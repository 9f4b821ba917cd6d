import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** A temporary folder with its links resolved; the caller removes it. */
export function temporaryFolder(): string {
  return fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'libtorch-gan-')));
}

/** Writes a file with the folders above it. */
export function write(file: string, text = ''): string {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}

/** What tells a LibTorch from another folder, without the 400 MB. */
export function fakeLibtorch(root: string, { version = '2.13.0', cuda = false } = {}): string {
  const [major, minor, patch] = version.split('.');
  const suffix = process.platform === 'darwin' ? 'dylib' : 'so';
  write(path.join(root, 'include', 'ATen', 'ATen.h'));
  for (const name of ['torch_cpu', 'c10', ...(cuda ? ['torch_cuda', 'c10_cuda'] : [])])
    write(path.join(root, 'lib', `lib${name}.${suffix}`));
  write(
    path.join(root, 'include', 'torch', 'headeronly', 'version.h'),
    `#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH ${patch}\n`,
  );
  return root;
}

/** A program of this name in `folder` that runs the shell script. */
export function fakeProgram(folder: string, name: string, script: string): string {
  const file = write(path.join(folder, name), `#!/bin/sh\n${script}\n`);
  fs.chmodSync(file, 0o755);
  return file;
}
