import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPeer, peerCommand, tfjsFolder, torchInstall } from '../../benchmarks/peers';
import type { TrainTask } from '../../benchmarks/task';

const folder = mkdtempSync(join(tmpdir(), 'peers-'));
afterAll(() => rmSync(folder, { recursive: true }));

const libtorch = '2.13.0+cpu';
const cpu = { libtorch, device: 'cpu' };

/** A program that answers as Python does. */
function fakePython(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

test('PyTorch without a Python is missing, with the command that installs it', () => {
  const PYTHON = join(folder, 'none');
  expect(findPeer('pytorch-best', { ...cpu, env: { PYTHON } })).toEqual({
    missing: `${PYTHON} is not installed`,
    install: `${PYTHON} -m pip install torch==2.13.0, or set PYTHON to a Python that has it`,
  });
});

test('a Python without PyTorch is told apart', () => {
  const PYTHON = fakePython('without', 'exit 1');
  expect(findPeer('pytorch-textbook', { ...cpu, env: { PYTHON } })).toEqual({
    missing: `${PYTHON} has no torch`,
    install: torchInstall(PYTHON, libtorch),
  });
});

test('PyTorch is known by its version', () => {
  const PYTHON = fakePython('with', 'echo 2.13.0+cpu');
  expect(findPeer('pytorch-best', { ...cpu, env: { PYTHON } })).toEqual({ version: '2.13.0+cpu' });
});

test('a peer of another device is missing, and nothing installs it', () => {
  expect(findPeer('pytorch-compile', { ...cpu, env: {} })).toEqual({
    missing: 'runs on CUDA: --device cuda',
    install: null,
  });
  expect(findPeer('tfjs-node', { libtorch, device: 'cuda:0', env: {} })).toEqual({
    missing: 'runs on the CPU: --device cpu',
    install: null,
  });
});

test('what captures graphs runs on CUDA alone', () => {
  expect(findPeer('pytorch-graph', { ...cpu, env: {} })).toMatchObject({
    missing: 'runs on CUDA: --device cuda',
  });
});

test('tfjs is looked for in the cache, its addon for Node on its own', () => {
  const env = { XDG_CACHE_HOME: join(folder, 'cache') };
  const missing = {
    missing: 'is not installed',
    install: 'npx ts-node scripts/bench.ts setup-tfjs',
  };
  const find = (name: 'tfjs-node' | 'tfjs-wasm' | 'tfjs-cpu') => findPeer(name, { ...cpu, env });
  expect(find('tfjs-cpu')).toEqual(missing);
  const modules = join(tfjsFolder(env), 'node_modules', '@tensorflow');
  for (const name of ['tfjs', 'tfjs-backend-wasm']) {
    mkdirSync(join(modules, name), { recursive: true });
    writeFileSync(join(modules, name, 'package.json'), '{ "version": "4.22.0" }');
  }
  expect(find('tfjs-cpu')).toEqual({ version: '4.22.0' });
  expect(find('tfjs-wasm')).toEqual({ version: '4.22.0' });
  expect(find('tfjs-node')).toEqual(missing);
});

test('a peer is started with its task as JSON', () => {
  const task = { kind: 'train', threads: 3 } as TrainTask;
  const { file, args } = peerCommand('pytorch-best', task, { PYTHON: 'some-python' });
  expect([file, args[0], JSON.parse(args[1])]).toEqual([
    'some-python',
    expect.stringMatching(/benchmarks\/peers\/best\.py$/),
    task,
  ]);
  const tfjs = peerCommand('tfjs-wasm', task, {});
  expect(tfjs.args.slice(0, 2)).toEqual([expect.stringMatching(/tfjs\.js$/), 'wasm']);
  expect(tfjs.env).toMatchObject({ TF_NUM_INTRAOP_THREADS: '3' });
});

test('tiny operations and imports have one PyTorch only', () => {
  const script = (kind: 'ops' | 'import') =>
    peerCommand('pytorch-textbook', { kind, seconds: 1, device: 'cpu', threads: 1 }, {}).args[0];
  expect(script('ops')).toMatch(/ops\.py$/);
  expect(script('import')).toMatch(/import_torch\.py$/);
});
