import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { findDriver } from '../../src/setup/driver';
import { fakeProgram, temporaryFolder, write } from '../native/fake-libtorch';

let bin: string;

beforeEach(() => {
  bin = temporaryFolder();
});

afterEach(() => fs.rmSync(bin, { recursive: true }));

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('an NVIDIA driver', () => {
  const search = () => findDriver({ env: { PATH: bin }, timeoutMs: 20_000 });

  test('that is nowhere is not there, and nobody expected it', () => {
    expect(search()).toEqual({
      driver: null,
      reason: 'nvidia-smi is not there, nor is libcuda with a GPU',
      expected: false,
    });
  });

  test('that hangs is given up, also by an nvidia-smi that no signal but KILL ends, and libcuda is not tried', () => {
    fakeProgram(bin, 'nvidia-smi', 'trap "" TERM; while :; do read line < /dev/zero; done');
    fakeProgram(bin, 'python3', `echo asked > ${bin}/asked`);
    expect(findDriver({ env: { PATH: bin }, timeoutMs: 300 })).toEqual({
      driver: null,
      reason: 'nvidia-smi did not answer in 0.3 s',
      expected: true,
    });
    expect(fs.existsSync(path.join(bin, 'asked'))).toBe(false);
  });

  test.each([
    ['echo "No devices were found"', '"No devices were found"'],
    ['printf "\\033[31mGPU 0: ???\\n"', '"\\u001b[31mGPU 0: ???"'],
    ['', 'nothing'],
    ['echo "NVIDIA H100, 81559 MiB, 580.65.06, 9.0"; echo "GPU is lost"', '"GPU is lost"'],
    ['echo "NVIDIA H100, 81559 MiB, [N/A]"', '"NVIDIA H100, 81559 MiB, [N/A]"'],
  ])('whose nvidia-smi runs %s does not count', (script, said) => {
    fakeProgram(bin, 'nvidia-smi', script);
    expect(search()).toEqual({
      driver: null,
      reason: `nvidia-smi said ${said}, not which driver and GPU there are`,
      expected: true,
    });
  });

  test('whose nvidia-smi fails does not count, and what it said is told', () => {
    fakeProgram(bin, 'nvidia-smi', 'echo "NVIDIA-SMI has failed because it could not communicate"; exit 9');
    expect(search()).toMatchObject({
      driver: null,
      reason: 'nvidia-smi ended with 9: NVIDIA-SMI has failed because it could not communicate',
    });
  });

  test.each([
    ['580.65.06', 13],
    ['610.10', 13],
    ['570.124.06', 12],
    ['525.60.13', 12],
    ['470.256.02', 11],
    ['390.157', 10],
  ])('%s runs CUDA %d at most', (version, cuda) => {
    fakeProgram(bin, 'nvidia-smi', `echo "NVIDIA H100 80GB HBM3, 81559 MiB, ${version}, 9.0"`);
    expect(search()).toEqual({
      driver: {
        name: `driver ${version}`,
        cuda,
        gpus: [{ name: 'NVIDIA H100 80GB HBM3', memory: '81559 MiB', capability: 9 }],
      },
    });
  });

  test('tells of all its GPUs', () => {
    fakeProgram(
      bin,
      'nvidia-smi',
      'echo "Tesla V100, 16160 MiB, 580.1, 7.0"; echo "NVIDIA GB10, [N/A], 580.1, 12.1"',
    );
    expect(search()).toMatchObject({
      driver: { gpus: [{ capability: 7 }, { name: 'NVIDIA GB10', memory: '[N/A]', capability: 12.1 }] },
    });
  });

  test('from before nvidia-smi knew compute capabilities is asked without', () => {
    const answer =
      'case "$*" in *compute_cap*) echo "Field \\"compute_cap\\" is not a valid field to query."; exit 2;; esac';
    fakeProgram(bin, 'nvidia-smi', `${answer}; echo "Tesla K80, 11441 MiB, 470.256.02"`);
    expect(search()).toMatchObject({ driver: { cuda: 11, gpus: [{ name: 'Tesla K80', capability: null }] } });
  });

  /** A libcuda.so.1 with one GPU, or that does not start. */
  function fakeLibcuda(start: number): NodeJS.ProcessEnv {
    const source = write(
      path.join(bin, 'cuda.c'),
      `#include <string.h>
      int cuInit(unsigned flags) { return ${start}; }
      int cuDriverGetVersion(int* version) { *version = 12080; return 0; }
      int cuDeviceGetCount(int* count) { *count = 1; return 0; }
      int cuDeviceGet(int* device, int at) { *device = at; return 0; }
      int cuDeviceGetName(char* name, int size, int device) { strncpy(name, "NVIDIA L4", size); return 0; }
      int cuDeviceTotalMem_v2(size_t* bytes, int device) { *bytes = (size_t)23034 << 20; return 0; }
      int cuDeviceGetAttribute(int* value, int name, int device) { *value = name == 75 ? 8 : 9; return 0; }`,
    );
    const made = spawnSync('cc', ['-shared', '-fPIC', '-o', path.join(bin, 'libcuda.so.1'), source]);
    expect(String(made.stderr)).toBe('');
    return { PATH: `${bin}:${process.env.PATH}`, LD_LIBRARY_PATH: bin };
  }

  test('without nvidia-smi is asked by libcuda', () => {
    expect(findDriver({ env: fakeLibcuda(0) })).toEqual({
      driver: {
        name: 'driver for CUDA 12.8',
        cuda: 12,
        gpus: [{ name: 'NVIDIA L4', memory: '23034 MiB', capability: 8.9 }],
      },
    });
  });

  test('whose libcuda does not start is not there', () => {
    expect(findDriver({ env: fakeLibcuda(100) })).toMatchObject({ driver: null, expected: false });
  });
});
