import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, packageRoot } from '../src/native/root';
import type { Command } from './child';
import type { Loop } from './flops';
import type { NetworkSizes, Precision, Task } from './task';

/** What takes part beside this library. */
export const PEERS = [
  'pytorch-textbook',
  'pytorch-best',
  'pytorch-compile',
  'pytorch-graph',
  'tfjs-node',
  'tfjs-wasm',
  'tfjs-cpu',
] as const;

/** The name of one of them. */
export type PeerName = (typeof PEERS)[number];

/** A peer: what it can do, and how it is started. */
export interface Peer {
  readonly name: PeerName;
  /** One line for `--help`. */
  readonly summary: string;
  /** What it computes in; where bf16 is asked of one that has float32 only, it is compared with its float32. */
  readonly precisions: readonly Precision[];
  /** The models it has, and how it computes their gradients. */
  readonly loops: Readonly<Partial<Record<NetworkSizes['model'], Loop>>>;
  /** Measured once, with two images and one step: it takes minutes. */
  readonly slow: boolean;
  readonly devices: readonly ('cpu' | 'cuda')[];
}

const BOTH: readonly Precision[] = ['fp32', 'bf16'];
const CPU_AND_CUDA = ['cpu', 'cuda'] as const;
/** The official DCGAN example computes gradients of D's weights for nothing in G's phase; the steps of the other models do not. */
const GANS = { dcgan: 'textbook', mlp: 'textbook' } as const;
/** In what `pytorch-graph` captures, D is frozen in G's phase everywhere. */
const CAPTURED = {
  dcgan: 'frozen',
  mlp: 'frozen',
  stylegan2: 'frozen',
  pix2pix: 'frozen',
  cyclegan: 'frozen',
  'super-resolution': 'frozen',
  denoise: 'frozen',
  sngan: 'frozen',
  'wgan-gp': 'frozen',
  projection: 'frozen',
  modern: 'frozen',
  vae: 'frozen',
} as const;
const ALL = { ...CAPTURED, ...GANS } as const;
const TFJS = {
  precisions: ['fp32'],
  loops: { dcgan: 'frozen', mlp: 'frozen' },
  slow: false,
  devices: ['cpu'],
} as const;

const DESCRIPTIONS: Readonly<Record<PeerName, Omit<Peer, 'name'>>> = {
  'pytorch-textbook': {
    summary:
      'as the official DCGAN example and the authors’ pix2pix and CycleGAN: NCHW, float32, default Adam',
    precisions: ['fp32'],
    loops: ALL,
    slow: false,
    devices: CPU_AND_CUDA,
  },
  'pytorch-best': {
    summary: 'channels_last, bf16 autocast where the suite says bf16, fused Adam, set_to_none',
    precisions: BOTH,
    loops: ALL,
    slow: false,
    devices: CPU_AND_CUDA,
  },
  'pytorch-compile': {
    summary:
      'pytorch-best under torch.compile(mode="reduce-overhead"), contiguous where channels_last fails; CUDA only',
    precisions: BOTH,
    loops: GANS,
    slow: false,
    devices: ['cuda'],
  },
  'pytorch-graph': {
    summary: 'pytorch-best with the whole step captured by hand in one CUDA graph, D frozen for G; CUDA only',
    precisions: BOTH,
    loops: CAPTURED,
    slow: false,
    devices: ['cuda'],
  },
  'tfjs-node': { ...TFJS, summary: 'TensorFlow.js on the TensorFlow C library' },
  'tfjs-wasm': { ...TFJS, summary: 'TensorFlow.js on WebAssembly; it cannot train convolutions' },
  'tfjs-cpu': {
    ...TFJS,
    slow: true,
    summary: 'TensorFlow.js in plain JavaScript; takes minutes, so only when asked for',
  },
};

/** What is known of a peer. */
export function peer(name: PeerName): Peer {
  return { name, ...DESCRIPTIONS[name] };
}

/** The interpreter of the PyTorch peers: `$PYTHON`, else python3. */
export function python(env: NodeJS.ProcessEnv = process.env): string {
  return env.PYTHON || 'python3';
}

/** The folder that `setup-tfjs` installs into. */
export function tfjsFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheFolder(env), 'bench', 'tfjs');
}

/** What to type to install the tfjs peers. */
export const TFJS_SETUP = 'npx ts-node scripts/bench.ts setup-tfjs';

/** How to start a peer on a task. */
export function peerCommand(name: PeerName, task: Task, env: NodeJS.ProcessEnv = process.env): Command {
  const folder = join(packageRoot(), 'benchmarks', 'peers');
  const json = JSON.stringify(task);
  if (isTfjs(name)) {
    const threads = 'threads' in task ? String(task.threads) : '';
    return {
      file: process.execPath,
      args: [join(folder, 'tfjs.js'), name.slice('tfjs-'.length), tfjsFolder(env), json],
      // TensorFlow's own way to say how many threads; it logs its instruction sets else.
      env: { TF_NUM_INTRAOP_THREADS: threads, TF_CPP_MIN_LOG_LEVEL: '2' },
    };
  }
  const script =
    task.kind === 'ops' ? 'ops' : task.kind === 'import' ? 'import_torch' : name.slice('pytorch-'.length);
  return { file: python(env), args: [join(folder, `${script}.py`), json] };
}

/** Whether a peer is there: its version, or what is missing and the exact command that installs it. */
export type Presence =
  | { readonly version: string }
  | { readonly missing: string; readonly install: string | null };

/** What a search for peers needs to know. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** LibTorch's version, which PyTorch should have as well. */
  readonly libtorch: string;
  /** `cpu` or `cuda:N`. */
  readonly device: string;
}

/** Looks for a peer without starting it. */
export function findPeer(name: PeerName, { env, libtorch, device }: Surroundings): Presence {
  const kind = device === 'cpu' ? 'cpu' : 'cuda';
  if (!peer(name).devices.includes(kind)) {
    const other = kind === 'cpu' ? 'CUDA: --device cuda' : 'the CPU: --device cpu';
    return { missing: `runs on ${other}`, install: null };
  }
  return isTfjs(name) ? findTfjs(name, env) : findTorch(env, libtorch);
}

function isTfjs(name: PeerName): boolean {
  return name.startsWith('tfjs-');
}

const TORCH_VERSION = 'from importlib.metadata import version; print(version("torch"))';

function findTorch(env: NodeJS.ProcessEnv, libtorch: string): Presence {
  const command = python(env);
  const { status, stdout } = spawnSync(command, ['-c', TORCH_VERSION], { encoding: 'utf8', env });
  if (status === 0) return { version: stdout.trim() };
  const none = status === null ? `${command} is not installed` : `${command} has no torch`;
  return { missing: none, install: torchInstall(command, libtorch) };
}

/** What to type for the PyTorch of the same version as LibTorch. */
export function torchInstall(command: string, libtorch: string): string {
  return `${command} -m pip install torch==${libtorch.replace(/\+.*/, '')}, or set PYTHON to a Python that has it`;
}

function findTfjs(name: PeerName, env: NodeJS.ProcessEnv): Presence {
  const modules = join(tfjsFolder(env), 'node_modules', '@tensorflow');
  const needed = {
    'tfjs-node': 'tfjs-node/lib/napi-v8/tfjs_binding.node',
    'tfjs-wasm': 'tfjs-backend-wasm/package.json',
  }[name as string];
  const description = join(modules, 'tfjs', 'package.json');
  if (existsSync(description) && (!needed || existsSync(join(modules, needed))))
    return { version: JSON.parse(readFileSync(description, 'utf8')).version };
  return { missing: 'is not installed', install: TFJS_SETUP };
}
