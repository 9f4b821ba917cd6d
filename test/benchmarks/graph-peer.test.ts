// The rival that captures its whole step in a CUDA graph, on the CPU, where it runs the same step without: its networks and its work are those of the suite.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { whyIncomparable } from '../../benchmarks/check';
import { stepFlops } from '../../benchmarks/flops';
import { layersOf } from '../../benchmarks/networks';
import { findPeer, peerCommand, python } from '../../benchmarks/peers';
import { stepOf } from '../../benchmarks/steps';
import type { Group } from '../../benchmarks/suites';
import type { Measured, NetworkSizes, Precision, TrainTask } from '../../benchmarks/task';
import { packageRoot } from '../../src/native/root';

const { env } = process;
const presence = findPeer('pytorch-best', { env, libtorch: '2.13.0', device: 'cpu' });
const hasTorch = 'version' in presence;
if (!hasTorch) process.stderr.write('the PyTorch rivals: no Python with torch: set PYTHON to one\n');

const images = { channels: 3, resolution: 32 } as const;
const SIZES: readonly (readonly [NetworkSizes, Precision])[] = [
  [{ model: 'dcgan', ...images, width: 8, latentSize: 16 }, 'fp32'],
  [{ model: 'dcgan', ...images, width: 8, latentSize: 16 }, 'bf16'],
  [{ model: 'mlp', channels: 1, resolution: 28, width: 0, latentSize: 16 }, 'fp32'],
  [{ model: 'stylegan2', ...images, width: 2, maxWidth: 16, latentSize: 16, mapping: 2 }, 'fp32'],
  [{ model: 'pix2pix', ...images, width: 4 }, 'fp32'],
  [{ model: 'cyclegan', ...images, width: 4, blocks: 1, pool: 6 }, 'bf16'],
  [{ model: 'super-resolution', ...images, scale: 4, width: 4, blocks: 1 }, 'fp32'],
  [{ model: 'denoise', ...images, width: 4, depth: 4 }, 'bf16'],
  [{ model: 'sngan', ...images, latentSize: 16, width: 4, growth: 2, classes: 0 }, 'fp32'],
  [{ model: 'projection', ...images, latentSize: 16, width: 4, growth: 2, classes: 3 }, 'bf16'],
  [{ model: 'wgan-gp', ...images, width: 8, latentSize: 16 }, 'fp32'],
  [{ model: 'modern', ...images, latentSize: 16, width: 4, maxWidth: 8, expansion: 2, groupSize: 4 }, 'fp32'],
  [{ model: 'vae', channels: 1, resolution: 28, hidden: 32, latentSize: 8 }, 'bf16'],
];

(hasTorch ? test : test.skip).each(SIZES)('does the work of the suite: %j in %s', (sizes, precision) => {
  const batch = 4;
  const lazy = sizes.model === 'stylegan2';
  const task: TrainTask = {
    kind: 'train',
    ...sizes,
    ...{ batch, precision, warmUp: 2, seconds: 0, minSteps: lazy ? 17 : 2 },
    ...{ device: 'cpu', threads: 1, countFlops: !lazy },
  };
  const { file, args } = peerCommand('pytorch-graph', task, env);
  const { stdout, stderr, status } = spawnSync(file, args, { encoding: 'utf8', env });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  const measured = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Measured;
  expect(measured.figures.imagesPerSecond).toBeGreaterThan(0);
  const flops = stepFlops(layersOf(sizes), stepOf({ kind: 'train', model: sizes.model }), 'frozen') * batch;
  const group: Group = { suite: 'dcgan64', title: '', figures: [], networks: sizes, participants: [] };
  const rival = {
    name: 'pytorch-graph',
    label: '',
    precision,
    once: false,
    flops: lazy ? null : flops,
  } as const;
  expect(whyIncomparable(group, { ...rival, task }, measured)).toBeNull();
});

test('every rival in Python is a program that parses', () => {
  const folder = join(packageRoot(), 'benchmarks', 'peers');
  const parse =
    'import ast, pathlib, sys\nfor f in pathlib.Path(sys.argv[1]).glob("*.py"): ast.parse(f.read_text(), str(f))';
  const { status, stderr } = spawnSync(python(), ['-c', parse, folder], { encoding: 'utf8' });
  // Without a Python there is nothing to measure either.
  if (status !== null) expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
