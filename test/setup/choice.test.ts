import type { Libtorch, LibtorchSource } from '../../src/native/libtorch';
import { chooseBuild, misfit } from '../../src/setup/choice';
import type { Driver, DriverSearch } from '../../src/setup/driver';
import { usage } from '../support/failure';

const NOBODY: DriverSearch = { driver: null, reason: 'nvidia-smi is not there', expected: false };
const SICK: DriverSearch = { driver: null, reason: 'nvidia-smi did not answer in 20 s', expected: true };

function driver(cuda: number, ...capabilities: (number | null)[]): { driver: Driver } {
  const gpus = capabilities.map((capability, at) => ({ name: `GPU ${at}`, memory: '8 GB', capability }));
  return { driver: { name: 'driver 1.2', cuda, gpus } };
}

test.each(['gpu', 'CUDA', 'cpu ', '1', 'cuda12'])(
  'LIBTORCH_GAN_LIBTORCH=%j is refused in one line',
  (value) => {
    expect(() => chooseBuild({ env: { LIBTORCH_GAN_LIBTORCH: value }, search: NOBODY })).toThrow(
      usage(
        `expected LIBTORCH_GAN_LIBTORCH to be cpu or cuda but received ${JSON.stringify(value)}: correct it, or unset it`,
      ),
    );
  },
);

test.each<[string, DriverSearch, string]>([
  ['no driver', NOBODY, 'cpu'],
  ['a driver that hangs', SICK, 'cpu'],
  ['a driver for CUDA 13', driver(13, 9), 'cuda'],
  ['a driver that tells no capability', driver(13, null), 'cuda'],
  ['a driver for CUDA 14', driver(14, 12), 'cuda'],
  ['a driver for CUDA 12', driver(12, 9), 'cuda12'],
  ['a driver for CUDA 13 and a GPU from before Turing', driver(13, 7), 'cuda12'],
  ['GPUs from before Turing and after', driver(13, 7, 9), 'cuda12'],
  ['GPUs that no one build knows', driver(13, 7, 12), 'cuda'],
  ['a driver for CUDA 12 and a GPU after Hopper', driver(12, 10), 'cpu'],
  ['a driver for CUDA 11', driver(11, 8), 'cpu'],
  ['a GPU that is too old', driver(13, 3.7), 'cpu'],
])('with %s the machine gets a build for it', (_, search, kind) => {
  expect(chooseBuild({ env: {}, search })).toMatchObject({ kind, asked: false });
  expect(chooseBuild({ env: { LIBTORCH_GAN_LIBTORCH: '' }, search }).kind).toBe(kind);
});

test('a GPU that goes unused is warned of, with what to do; no GPU is not', () => {
  const warning = (search: DriverSearch) => chooseBuild({ env: {}, search }).warning;
  expect(warning(NOBODY)).toBeNull();
  expect(warning(driver(13, 9))).toBeNull();
  expect(warning(SICK)).toBe('nvidia-smi did not answer in 20 s');
  expect(warning(driver(11, 8))).toBe(
    'driver 1.2 runs CUDA 11 at most, and GPU 0 needs CUDA 12 here: update the driver to 525 or later',
  );
  expect(warning(driver(12, 10))).toContain('GPU 0 needs CUDA 13 here: update the driver to 580 or later');
  expect(warning(driver(13, 3.7))).toBe('GPU 0 has compute capability 3.7, and no build has kernels for it');
});

test('the variable decides otherwise, and a flag more than the variable', () => {
  const choose = (value: string, search: DriverSearch, cuda?: boolean) =>
    chooseBuild({ env: { LIBTORCH_GAN_LIBTORCH: value }, search, cuda });
  expect(choose('cpu', driver(13, 9))).toMatchObject({ kind: 'cpu', asked: true, warning: null });
  expect(choose('cuda', NOBODY)).toMatchObject({ kind: 'cuda', asked: true, warning: null });
  expect(choose('cuda', driver(12, 8))).toMatchObject({ kind: 'cuda12', asked: true });
  expect(choose('cpu', driver(12, 8), true)).toMatchObject({ kind: 'cuda12', asked: true });
});

function libtorch(cuda: string | null, source: LibtorchSource = 'cache'): Libtorch {
  return { root: '/', version: '2.13.0', cuda, source };
}

test('what is found must serve the choice', () => {
  const here = chooseBuild({ env: {}, search: driver(12, 8) });
  expect(misfit(libtorch(null), here)).toBe(
    'a CPU build, and driver 1.2 runs LibTorch 2.14.1 with CUDA 12.6',
  );
  expect(misfit(libtorch('13.0'), here)).toBe('for CUDA 13.0, and driver 1.2 runs CUDA 12 at most');
  expect(misfit(libtorch('12.8'), here)).toBeNull();
  expect(misfit(libtorch('unknown'), here)).toBeNull();
});

test('a folder that LIBTORCH names is taken as it is, unless another decision speaks against it', () => {
  const own = libtorch(null, 'LIBTORCH');
  expect(misfit(own, chooseBuild({ env: {}, search: driver(13, 8) }))).toBeNull();
  const asked = (value: string) => chooseBuild({ env: { LIBTORCH_GAN_LIBTORCH: value }, search: NOBODY });
  expect(misfit(own, asked('cuda'))).toBe('a CPU build, and a CUDA build was asked for');
  expect(misfit(libtorch('13.0', 'LIBTORCH'), asked('cpu'))).toBe(
    'a CUDA build, and a CPU build was asked for',
  );
});

test('without a GPU any build serves, one with CUDA too', () => {
  const here = chooseBuild({ env: {}, search: NOBODY });
  expect(misfit(libtorch(null), here)).toBeNull();
  expect(misfit(libtorch('13.0'), here)).toBeNull();
});
