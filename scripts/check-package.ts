// Packs library and addon, installs them in an empty project as others do, and uses them there: training, the library from JavaScript and
// TypeScript, doctor and setup, all with a PATH on which there is no compiler. LibTorch is the one that was found for the addon.
//   npm run check:package
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { messageOf } from '../src/errors';
import { localBuild } from '../src/native/local-build';
import { cacheFolder, packageRoot } from '../src/native/root';
import { packLibrary } from './packing/main-package';
import { type Packed, packNative } from './packing/native-package';

const COMPUTES = 'if (scope(() => ones([2, 3]).sum().item()) !== 6) process.exit(1);';

const TYPED = `import { load, nn, ones, scope, type Recipe, type Tensor } from 'libtorch-gan';
export const sum: number = scope(() => { const all: Tensor = ones([2, 3]).sum(); return all.item(); });
export const layer = nn.linear(2, 3);
export type Names = Recipe['name'];
export const opened = load;
`;

/** A project that installs the packages. */
class Project {
  readonly env: NodeJS.ProcessEnv;

  constructor(
    readonly folder: string,
    readonly bin: string,
  ) {
    mkdirSync(folder);
    this.write('package.json', '{ "private": true }\n');
    this.env = outsideNpm({ ...process.env, PATH: bin });
    const { stamp } = localBuild(packageRoot(), process.env);
    const cache = cacheFolder();
    const cached = existsSync(cache) && stamp?.libtorch.startsWith(`${realpathSync(cache)}/`);
    // Python is not on the PATH.
    if (stamp && !cached) this.env.LIBTORCH = stamp.libtorch;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Runs a program on this PATH and gives what it printed. @throws Error where it does not end with `code` */
  run(command: string, args: readonly string[], { code = 0, env = {} } = {}): string {
    const { status, stdout, stderr, error } = spawnSync(join(this.bin, command), args, {
      cwd: this.folder,
      env: { ...this.env, ...env },
      encoding: 'utf8',
    });
    const text = `${stdout}${stderr}`;
    if (error || status !== code)
      throw new Error(
        `${command} ${args.join(' ')} ended with ${status ?? error}, expected ${code}:\n${text}`,
      );
    return text;
  }

  command(...args: string[]): string {
    return this.run('node', ['node_modules/.bin/libtorch-gan', ...args]);
  }

  install(...packages: readonly Packed[]): void {
    const files = packages.map(({ file }) => file);
    this.run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...files]);
  }
}

/** What `npm run` adds to the environment means the clone; the settings of npm stay. */
function outsideNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = /^(npm_(?!config_)|npm_config_(local_)?prefix$|INIT_CWD$|LD_LIBRARY_PATH$|LIBTORCH$)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !own.test(name)));
}

/** A folder with Node.js and npm alone, to be the whole PATH. */
function bareBin(work: string): string {
  const bin = join(work, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  const folders = (process.env.PATH ?? '').split(delimiter);
  const npm = folders.map((folder) => join(folder, 'npm')).find((file) => existsSync(file));
  if (!npm) throw new Error('expected npm on PATH, found none');
  symlinkSync(realpathSync(npm), join(bin, 'npm'));
  symlinkSync('/bin/sh', join(bin, 'sh'));
  return bin;
}

/** Files that the dynamic linker would find before LibTorch's, and that load nowhere. */
function decoys(work: string): string {
  const folder = join(work, 'decoys');
  mkdirSync(folder);
  for (const name of ['libc10.so', 'libtorch_cpu.so']) writeFileSync(join(folder, name), 'not a library');
  return folder;
}

function expectIn(text: string, part: string | RegExp): void {
  const there = typeof part === 'string' ? text.includes(part) : part.test(text);
  if (!there) throw new Error(`expected ${part} in:\n${text}`);
}

const MEGABYTE = 1e6;

async function main(work: string): Promise<void> {
  const out = join(work, 'packed');
  const start = performance.now();
  const check = (name: string, body: () => void): void => {
    body();
    console.log(`passed: ${name} (${((performance.now() - start) / 1000).toFixed(0)} s)`);
  };
  const native = await packNative(out);
  const library = packLibrary(out, [native]);
  check('both are packed, and small', () => {
    for (const { file } of [native, library]) {
      console.log(`  ${file.slice(out.length + 1)}: ${(statSync(file).size / MEGABYTE).toFixed(2)} MB`);
      if (statSync(file).size > 5 * MEGABYTE) throw new Error(`${file} has more than 5 MB`);
    }
  });
  const bin = bareBin(work);
  const project = new Project(join(work, 'project'), bin);
  project.install(native, library);
  check('doctor tells that the prebuilt addon is used', () => {
    const text = project.command('doctor');
    expectIn(text, /^compiler +not found: .*the prebuilt addon does without$/m);
    expectIn(text, `prebuilt, of the package ${native.name}`);
  });
  check('setup has nothing to compile', () =>
    expectIn(project.command('setup'), `${native.name} has the addon`),
  );
  check('the command trains', () => {
    project.command('train', '--dataset', 'digits', '--steps', '20', '--batch', '16', '--out', 'run');
    if (!readdirSync(join(project.folder, 'run', 'checkpoints')).includes('step-000020'))
      throw new Error('expected a checkpoint of step 20');
  });
  check('JavaScript computes, by require, import and in a worker, whatever LD_LIBRARY_PATH says', () => {
    project.write('six.cjs', `const { ones, scope } = require('libtorch-gan');\n${COMPUTES}\n`);
    project.write('six.mjs', `import { ones, scope } from 'libtorch-gan';\n${COMPUTES}\n`);
    const worker = "new (require('node:worker_threads').Worker)('./six.cjs')";
    project.write(
      'worker.cjs',
      `require('./six.cjs');\n${worker}.on('exit', (code) => process.exit(code));\n`,
    );
    const env = { LD_LIBRARY_PATH: decoys(work) };
    for (const name of ['six.cjs', 'six.mjs', 'worker.cjs']) project.run('node', [name], { env });
  });
  check('TypeScript finds the types', () => {
    project.write('typed.ts', TYPED);
    const modules = join(packageRoot(), 'node_modules');
    const flags = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,esnext.disposable'];
    const node = ['--module', 'node16', '--types', 'node', '--typeRoots', join(modules, '@types')];
    project.run('node', [join(modules, 'typescript', 'bin', 'tsc'), ...flags, ...node, 'typed.ts']);
  });
  check('the project can be moved', () => {
    const moved = join(work, 'moved');
    renameSync(project.folder, moved);
    new Project(project.folder, bin).run('node', [join(moved, 'six.cjs')]);
  });
  check('without the addon a line says what is missing', () => {
    const alone = new Project(join(work, 'alone'), bin);
    alone.install(library);
    const text = alone.run('node', ['node_modules/.bin/libtorch-gan', 'setup'], { code: 1 });
    expectIn(text, 'a C++20 compiler (c++)');
  });
}

const work = realpathSync(mkdtempSync(join(tmpdir(), 'libtorch-gan-package-')));
main(work)
  .catch((error) => {
    console.error(`error: ${messageOf(error)}`);
    process.exitCode = 1;
  })
  .finally(() => rmSync(work, { recursive: true, force: true }));
