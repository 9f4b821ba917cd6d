import { summarizeProfile } from '../../src/report/profile';
import { formatProfile } from '../../src/report/profile-table';
import { event, spanEvent } from './events';

const inputs = 'float 64×3×32×32, float 8×3×4×4';

test('a table of phases and one of operators', () => {
  const profile = summarizeProfile(
    [
      spanEvent('data', [0, 1]),
      spanEvent('D', [1, 190]),
      spanEvent('forward', [1, 100]),
      event('aten::conv2d', [2, 92], { inputs }),
      event('aten::mkldnn_convolution', [2, 90], { inputs }),
      event('aten::empty', [191, 191.01]),
    ],
    { steps: 1, ms: 200, unprofiledMs: 195.5 },
  );
  expect(formatProfile(profile)).toEqual([
    'profile of 1 step: 200.0 ms a step (195.5 ms just before, without the profiler)',
    '',
    'phase      ms/step    share  outside',
    'data         1.000    0.5 %    1.000',
    'D            189.0   94.5 %   99.000',
    '  forward   99.000   49.5 %    9.000',
    'between     10.000    5.0 %    9.990',
    'a step       200.0  100.0 %    110.0',
    'outside: in no operator of LibTorch, but in JavaScript, Node-API, files or waiting: 55.0 % of the step',
    '',
    'operator            in         calls  self ms   share  total ms  inputs',
    'mkldnn_convolution  D forward      1   88.000  44.0 %    88.000  f32 64×3×32×32, 8×3×4×4',
    'conv2d              D forward      1    2.000   1.0 %    90.000  f32 64×3×32×32, 8×3×4×4',
    '1 more, together 0.0 %',
  ]);
});

test('with a device its time comes first, and long names of kernels are cut', () => {
  const add = event('aten::add', [0, 1]);
  const profile = summarizeProfile(
    [
      add,
      event('k', [1, 6], { kind: 'device', cause: add.id }),
      event(`void ${'at::native::'.repeat(9)}<…>`, [6, 8], { kind: 'device' }),
    ],
    { steps: 1, ms: 10 },
  );
  expect(formatProfile(profile)).toEqual([
    'profile of 1 step: 10.000 ms a step; the GPU worked 70.0 % of the time',
    '',
    'phase    ms/step    share  outside',
    'between   10.000  100.0 %    9.000',
    'a step    10.000  100.0 %    9.000',
    'outside: in no operator of LibTorch, but in JavaScript, Node-API, files or waiting: 90.0 % of the step',
    '',
    'operator                            in  calls  GPU ms  self ms   share  total ms  inputs',
    'add                                         1   5.000    1.000  50.0 %     1.000',
    'void at::native::at::native::at::…          1   2.000    0.000  20.0 %     0.000',
  ]);
});

test('no more operators than a screen takes', () => {
  const events = Array.from({ length: 50 }, (_, i) => event(`op${i}`, [i, i + 1]));
  const lines = formatProfile(summarizeProfile(events, { steps: 1, ms: 50 }));
  expect(lines.at(-1)).toBe('20 more, together 40.0 %');
  expect(lines.filter((line) => line.startsWith('op'))).toHaveLength(31);
});
