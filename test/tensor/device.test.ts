import { enableGrad, isGradEnabled, noGrad } from '../../src/tensor/autograd';
import {
  boundThreads,
  defaultDevice,
  deviceFacts,
  setDefaultDevice,
  setThreads,
} from '../../src/tensor/device';

describe('threads beside a GPU', () => {
  const { threads } = deviceFacts();
  afterEach(() => setThreads(threads));

  test.each([
    ['cuda:0', 16, {}, 8],
    ['cuda:0', 3, {}, 3],
    ['cuda:0', 16, { OMP_NUM_THREADS: '16' }, 16],
    ['cpu', 16, {}, 16],
  ] as const)('on %s of %d threads with %j there are %d', (device, count, env, left) => {
    setThreads(count);
    boundThreads(device, env);
    expect(deviceFacts().threads).toBe(left);
  });
});

test('a default device that there is not is refused, and the one of before stays', () => {
  expect(() => setDefaultDevice('tpu')).toThrow();
  expect(defaultDevice()).toBe('cpu');
  setDefaultDevice('cpu');
  expect(defaultDevice()).toBe('cpu');
});

test('autograd records within enableGrad, and the mode around it comes back, after an error too', () => {
  noGrad(() => {
    expect(enableGrad(isGradEnabled)).toBe(true);
    expect(() =>
      enableGrad(() => {
        throw new Error('of its own');
      }),
    ).toThrow('of its own');
    expect(isGradEnabled()).toBe(false);
  });
  expect(isGradEnabled()).toBe(true);
});
