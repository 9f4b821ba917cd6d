import { SpanTree } from '../../src/report/profile-spans';
import { spanEvent } from './events';

const tree = () =>
  new SpanTree([
    spanEvent('G', [50, 80]),
    spanEvent('D', [10, 40]),
    spanEvent('backward', [20, 30]),
    spanEvent('forward', [10, 20]),
    spanEvent('forward', [50, 60]),
    spanEvent('data', [0, 10]),
    spanEvent('D', [80, 90]),
  ]);

test('spans at a moment, from the outermost in', () => {
  const at = (time: number) =>
    tree()
      .at(time)
      .map(({ path }) => path.join(' '));
  expect(at(5)).toEqual(['data']);
  expect(at(10)).toEqual(['D', 'D forward']);
  expect(at(25)).toEqual(['D', 'D backward']);
  expect(at(35)).toEqual(['D']);
  expect(at(45)).toEqual([]);
  expect(at(85)).toEqual(['D']);
});

test('times of a step by path, in the order of a step, with what is in no span last', () => {
  const busy = [
    { start: 1, duration: 2 },
    { start: 11, duration: 4 },
    { start: 21, duration: 9 },
    { start: 31, duration: 1 },
    { start: 45, duration: 3 },
    { start: 51, duration: 8 },
    { start: 61, duration: 19 },
  ];
  const phases = tree().phases(busy, { steps: 2, stepMs: 50 });
  expect(phases.map(({ path, ms, share, outsideMs }) => [path.join(' '), ms, share, outsideMs])).toEqual([
    ['data', 5, 0.1, 4],
    ['D', 20, 0.4, 13],
    ['D forward', 5, 0.1, 3],
    ['D backward', 5, 0.1, 0.5],
    ['G', 15, 0.3, 1.5],
    ['G forward', 5, 0.1, 1],
    ['', 10, 0.2, 8.5],
  ]);
});

test('without spans all time is in none', () => {
  expect(new SpanTree([]).phases([{ start: 0, duration: 4 }], { steps: 1, stepMs: 10 })).toEqual([
    { path: [], ms: 10, share: 1, outsideMs: 6 },
  ]);
});
