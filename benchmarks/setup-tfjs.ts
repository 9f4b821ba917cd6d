import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GanError } from '../src/errors';
import { packageRoot } from '../src/native/root';
import { type Command, lastLine, runProcess, type Stop } from './child';
import { python, tfjsFolder } from './peers';

const VERSION = '4.22.0';
const PACKAGES = ['tfjs', 'tfjs-backend-wasm', 'tfjs-node'].map((name) => `@tensorflow/${name}@${VERSION}`);

/** What the installation needs from outside. */
export interface SetupOptions extends Stop {
  readonly env: NodeJS.ProcessEnv;
  /** Told of each step. */
  log(line: string): void;
}

interface Step {
  readonly title: string;
  readonly command: Command;
}

/**
 * Installs TensorFlow.js with its WebAssembly and Node backends into the cache, none of them a dependency of this package.
 * tfjs-node's own install script downloads a binary; here its addon is compiled against the C library in the wheel of
 * tensorflow-cpu, which pip has wherever it has TensorFlow. About 1.2 GB, three minutes.
 *
 * @returns the folder
 * @throws GanError `ERR_SETUP` with the step that failed, its last line and the log
 */
export async function setupTfjs({ env, signal, log }: SetupOptions): Promise<string> {
  const folder = tfjsFolder(env);
  const wheel = join(folder, 'wheel');
  const record = join(folder, 'setup.log');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  writeFileSync(record, '');
  for (const { title, command } of setupSteps(folder, env)) {
    log(title);
    const { failure, stdout, stderr } = await runProcess(command, { signal });
    appendFileSync(record, `# ${title}\n${stdout}\n${stderr}\n`);
    if (signal.aborted) return folder;
    if (failure !== null) throw failed(title, { failure, output: `${stdout}\n${stderr}`, record });
  }
  for (const path of [
    wheel,
    join(moduleFolder(folder), 'deps', 'include'),
    join(moduleFolder(folder), 'build'),
  ])
    rmSync(path, { recursive: true, force: true });
  return folder;
}

/** What is run, in order. */
export function setupSteps(folder: string, env: NodeJS.ProcessEnv, root = packageRoot()): Step[] {
  const wheel = join(folder, 'wheel');
  const module = moduleFolder(folder);
  const unpack = join(root, 'benchmarks', 'peers', 'unpack_tensorflow.py');
  const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check'];
  return [
    {
      title: `npm install --ignore-scripts ${PACKAGES.join(' ')}`,
      command: {
        file: 'npm',
        args: ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...PACKAGES],
        cwd: folder,
      },
    },
    {
      title: 'pip download tensorflow-cpu (about 270 MB)',
      command: { file: python(env), args: [...pip, '-d', wheel, 'tensorflow-cpu'] },
    },
    {
      title: "unpack TensorFlow's C library",
      command: { file: python(env), args: [unpack, wheel, join(module, 'deps')] },
    },
    {
      title: 'node-gyp rebuild tfjs-node',
      command: {
        file: process.execPath,
        args: [
          join(root, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'),
          'rebuild',
          ...nodeHeaders(),
          '--module_name=tfjs_binding',
          `--module_path=${join(module, 'lib', 'napi-v8')}`,
          '--napi_build_version=8',
        ],
        cwd: module,
      },
    },
    {
      title: 'load tfjs-node',
      command: {
        file: process.execPath,
        args: ['-e', 'require("@tensorflow/tfjs-node").ones([8]).add(1).dataSync()'],
        cwd: folder,
      },
    },
  ];
}

function moduleFolder(folder: string): string {
  return join(folder, 'node_modules', '@tensorflow', 'tfjs-node');
}

/** Node's headers are beside it where it came as a package; node-gyp downloads them else. */
function nodeHeaders(): string[] {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include', 'node', 'node.h')) ? [`--nodedir=${prefix}`] : [];
}

function failed(
  title: string,
  { failure, output, record }: { failure: string; output: string; record: string },
): GanError {
  const errors = output.split('\n').filter((line) => /\berror\b/i.test(line));
  const reason = errors.length > 0 ? lastLine(errors[0]) : failure;
  return new GanError('ERR_SETUP', `tfjs could not be set up: ${title} failed: ${reason}; see ${record}`);
}
