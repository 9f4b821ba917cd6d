import * as fs from 'node:fs';
import * as path from 'node:path';
import { GanError } from '../errors';
import { BUILDS, type Kind } from './builds';
import { type ProcessContext, withProgress } from './progress';
import { run } from './run';

// On Linux the default index offers the CUDA build only, under the same version; the CPU builds there carry `+cpu`.
const CPU_INDEX = 'https://download.pytorch.org/whl/cpu';

/**
 * Downloads the CPU wheel of torch with the user's pip into the folder `work` and returns its path.
 *
 * @throws GanError `ERR_FETCH` with pip's own reason.
 */
export async function pipDownload(version: string, work: string, context: ProcessContext): Promise<string> {
  const target = path.join(work, 'wheel');
  const linux = process.platform === 'linux';
  const requirement = linux ? `torch==${version}+cpu` : `torch==${version}`;
  const index = linux ? ['--extra-index-url', CPU_INDEX] : [];
  await pip(['download', '-d', target, '--no-deps', ...index, requirement], work, context);
  return path.join(target, fs.readdirSync(target)[0]);
}

// Headers that those of the CUDA runtime include, and that torch does not depend on. Of CUDA 12 the first come with the compiler.
const CUDA_HEADERS = {
  cpu: [],
  cuda: ['nvidia-cuda-crt==13.0.*', 'nvidia-cuda-cccl==13.0.*'],
  cuda12: ['nvidia-cuda-nvcc-cu12==12.6.*', 'nvidia-cuda-cccl-cu12==12.6.*'],
} as const satisfies Record<Kind, readonly string[]>;

// The default index has one CUDA build of a version; the others have an index of their own, and their names say which they are.
const CUDA12_INDEX = 'https://download.pytorch.org/whl/cu126';

/** Looks at wheels before anything of them is installed. */
export type CheckWheels = (wheels: readonly string[]) => Promise<void>;

/**
 * Installs the CUDA build of torch, and of what it depends on NVIDIA's libraries, with the user's pip into a folder of `work`,
 * which it returns.
 *
 * @throws GanError `ERR_FETCH` with pip's own reason, and what `check` throws.
 */
export async function pipInstall(
  kind: Kind,
  { work, context, check }: { work: string; context: ProcessContext; check: CheckWheels },
): Promise<string> {
  const site = path.join(work, 'site');
  const folder = path.join(work, 'wheels');
  const install = async (...requirements: string[]) => {
    await pip(['download', '-d', folder, ...requirements], work, context);
    const wheels = fs.readdirSync(folder).map((name) => path.join(folder, name));
    await check(wheels);
    const alone = ['--no-index', '--no-deps', '--no-compile'];
    await pip(['install', '--target', site, ...alone, ...wheels], work, context);
    fs.rmSync(folder, { recursive: true });
  };
  const { version, label } = BUILDS[kind];
  if (kind === 'cuda12')
    await install('--no-deps', '--extra-index-url', CUDA12_INDEX, `torch==${version}+${label}`);
  else await install('--no-deps', `torch==${version}`);
  const description = fs.readdirSync(site).find((name) => /^torch-.*\.dist-info$/.test(name)) ?? '';
  const metadata = fs.readFileSync(path.join(site, description, 'METADATA'), 'utf8');
  const libraries = [...metadata.matchAll(/^Requires-Dist: ((?:nvidia|cuda-toolkit)\b.*)$/gm)].map(
    ([, text]) => text,
  );
  // Only a Linux wheel with CUDA depends on any; what else came is found out by the caller.
  if (libraries.length > 0) await install(...CUDA_HEADERS[kind], ...libraries);
  return site;
}

/** Runs pip with its last argument, a requirement or wheel, on the progress line. */
function pip(args: string[], work: string, context: ProcessContext): Promise<void> {
  const temporary = path.join(work, 'tmp');
  fs.mkdirSync(temporary);
  const subject = path.basename(args.at(-1) ?? '').replace(/;.*/, '');
  return withProgress(`pip ${args[0]} ${subject}`, context, {
    work: async (progress) => {
      let output = '';
      // pip draws its own bar only on a terminal that it owns, so the growth of the wheel in its temporary folder is shown.
      const timer = setInterval(() => progress.update(...downloaded(output, temporary)), 250);
      const { code } = await run('python3', ['-m', 'pip', ...args, ...QUICK], {
        env: { ...context.env, TMPDIR: temporary },
        onOutput: (text) => {
          output += text;
        },
      });
      clearInterval(timer);
      fs.rmSync(temporary, { recursive: true, force: true });
      if (code !== 0) throw new GanError('ERR_FETCH', lastError(output));
    },
    outcome: () => 'done',
  });
}

const QUICK = [
  '--only-binary=:all:',
  '--retries',
  '1',
  '--progress-bar',
  'off',
  '--disable-pip-version-check',
];

/** How much of the wheel that pip announced last has come, as [fraction, words]. */
function downloaded(output: string, folder: string): [number | null, string] {
  const announced = output.slice(Math.max(0, output.lastIndexOf('Downloading ')));
  const [, name, size, unit] = /^Downloading (\S+).* \(([\d.]+) (kB|MB|GB)\)\s*$/m.exec(announced) ?? [];
  if (output.includes('Installing collected packages')) return [null, 'installing'];
  if (!name) return [null, 'asking the index'];
  const total = Number(size) * { kB: 1e3, MB: 1e6, GB: 1e9 }[unit as 'kB' | 'MB' | 'GB'];
  return [Math.min(newestWheel(folder) / total, 1), `of ${size} ${unit}, ${path.basename(name)}`];
}

function newestWheel(folder: string): number {
  try {
    const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const stats = names
      .filter((name) => name.endsWith('.whl'))
      .map((name) => fs.statSync(path.join(folder, name)));
    return stats.sort((a, b) => b.mtimeMs - a.mtimeMs)[0]?.size ?? 0;
  } catch {
    return 0; // pip moved a file between the two calls
  }
}

function lastError(output: string): string {
  const lines = output.trim().split('\n');
  const error = lines.filter((line) => line.startsWith('ERROR: ')).at(-1);
  return error?.slice('ERROR: '.length) ?? lines.at(-1) ?? 'it said nothing';
}
