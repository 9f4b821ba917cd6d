import { profile, summarizeProfile } from '../../src/report/profile';
import { randn } from '../../src/tensor/create';
import { span } from '../../src/tensor/profiler';
import { scope } from '../../src/tensor/scope';
import { event, spanEvent } from './events';

describe('profile', () => {
  const work = () =>
    span('work', () =>
      scope(() => {
        const a = randn([64, 64], { requiresGrad: true });
        span('forward', () => a.matmul(a).tanh())
          .sum()
          .backward();
      }),
    );

  test('tells where the time of a body goes, which gives what it gives', async () => {
    const { result, profile: found } = await profile(
      async () => {
        for (let i = 0; i < 3; i++) work();
        return 'done';
      },
      { steps: 3 },
    );
    expect(result).toBe('done');
    expect(found.steps).toBe(3);
    expect(found.phases.map(({ path }) => path.join(' '))).toEqual(['work', 'work forward', '']);
    const product = found.ops.find(({ name, pass }) => name === 'mm' && pass === 'forward');
    expect(product).toMatchObject({ calls: 1, inputs: 'f32 64×64, 64×64', phase: 'work' });
    expect(found.ops).toContainEqual(expect.objectContaining({ name: 'mm', pass: 'backward', calls: 2 }));
    // On the CPU everything is on one thread: operators and what is outside of them make up the whole.
    const inside = found.ops.reduce((sum, { selfMs }) => sum + selfMs, 0);
    expect(inside + found.outsideMs).toBeCloseTo(found.stepMs, 3);
  });

  test('an error of the body ends the profile and comes through', async () => {
    await expect(profile(() => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
    await expect(profile(() => 1)).resolves.toMatchObject({ result: 1 });
  });
});

test('time in no operator is outside, time in two at once counts once', () => {
  const found = summarizeProfile(
    [
      spanEvent('D', [0, 10]),
      event('a', [1, 5]),
      event('b', [3, 7], { thread: 2 }),
      event('c', [8, 9], { kind: 'node' }),
    ],
    { steps: 2, ms: 20, unprofiledMs: 9 },
  );
  expect(found).toMatchObject({ steps: 2, stepMs: 10, unprofiledMs: 9, outsideMs: 6.5 });
  expect(found.phases).toMatchObject([
    { path: ['D'], ms: 5, outsideMs: 1.5 },
    { path: [], ms: 5, outsideMs: 5 },
  ]);
  expect(found.deviceMs).toBeUndefined();
});

test('a device’s time is that in which it did anything', () => {
  const found = summarizeProfile(
    [
      event('k', [0, 4], { kind: 'device' }),
      event('l', [2, 6], { kind: 'device', thread: 2 }),
      event('k', [8, 9], { kind: 'device' }),
    ],
    { steps: 1, ms: 10 },
  );
  expect(found.deviceMs).toBe(7);
});
