// Formats native/, or with --check tells what is not formatted. A machine without clang-format is told so, and no more.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const native = join(__dirname, '..', 'native');
const files = readdirSync(native)
  .filter((name) => /\.(cc|h)$/.test(name))
  .map((name) => join(native, name));
const flags = process.argv.includes('--check') ? ['--dry-run', '--Werror'] : ['-i'];
const { error, status } = spawnSync('clang-format', [...flags, ...files], { stdio: 'inherit' });
if (error)
  console.error('native/ was not looked at: clang-format is missing (`sudo apt-get install clang-format`)');
process.exitCode = error ? 0 : (status ?? 1);
