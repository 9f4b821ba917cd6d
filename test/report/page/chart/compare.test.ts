import type { Chart } from '../../../../src/report/page/chart/chart';
import { overlay } from '../../../../src/report/page/chart/compare';

function chart(title: string, labels: readonly string[], more: Partial<Chart> = {}): Chart {
  const style = { note: '', x: [1, 2], y: [3, null], color: 5, dash: 3, dots: false };
  const series = labels.map((label) => ({ label, ...style }));
  return { title, series, marks: [], range: [0, null], smoothable: true, logarithmic: false, ...more };
}

test('no runs, and runs without charts, have none together', () => {
  expect(overlay([])).toEqual([]);
  expect(overlay([{ name: 'a', charts: [] }])).toEqual([]);
});

test('charts of a title become one: a colour a run, a pattern a line, the run’s name before each label', () => {
  const mark = { x: 2, y: 3, color: 0 };
  const [losses, speed, fid] = overlay([
    { name: 'a', charts: [chart('Losses', ['D', 'G']), chart('Speed', ['images/s'])] },
    { name: 'b', charts: [chart('Losses', ['D', 'G']), chart('FID', ['FID'], { marks: [mark] })] },
  ]);
  expect(losses.series.map(({ label, color, dash }) => [label, color, dash])).toEqual([
    ['a: D', 0, 0],
    ['a: G', 0, 1],
    ['b: D', 1, 0],
    ['b: G', 1, 1],
  ]);
  expect(losses.series[0]).toMatchObject({ x: [1, 2], y: [3, null] });
  expect(speed.series.map(({ label }) => label)).toEqual(['a']);
  expect(fid.marks).toEqual([{ x: 2, y: 3, color: 1 }]);
});

test('ends and values to compare with stay where all have them', () => {
  const said = { range: [0, 1], reference: 0.5 } as const;
  const both = [chart('What it says', ['D'], said), chart('What it says', ['D'], said)];
  const named = (charts: readonly Chart[]) => charts.map((one, at) => ({ name: `${at}`, charts: [one] }));
  expect(overlay(named(both))[0]).toMatchObject(said);
  const [other] = overlay(named([both[0], chart('What it says', ['D'], { range: [0, 2] })]));
  expect([other.range, other.reference]).toEqual([[0, null], undefined]);
});
