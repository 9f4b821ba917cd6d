import { boundThreads, deviceFacts, setThreads } from '../../src/tensor/device';

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
