// Formats the C++ of native/ and of the fault suite, or with --check tells what is not formatted. A machine without clang-format is told so, and no more.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const folders = ['native', join('test', 'faults')].map((name) => join(__dirname, '..', name));
const files = folders.flatMap((folder) =>
  readdirSync(folder, { encoding: 'utf8', recursive: true })
    .filter((name) => /\.(cc|h)$/.test(name))
    .map((name) => join(folder, name)),
);
const flags = process.argv.includes('--check') ? ['--dry-run', '--Werror'] : ['-i'];
const { error, status } = spawnSync('clang-format', [...flags, ...files], { stdio: 'inherit' });
if (error)
  console.error('native/ was not looked at: clang-format is missing (`sudo apt-get install clang-format`)');
process.exitCode = error ? 0 : (status ?? 1);
