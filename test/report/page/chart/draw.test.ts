import type { Chart, Series } from '../../../../src/report/page/chart/chart';
import { drawChart, drawCursor, layoutOf } from '../../../../src/report/page/chart/draw';

const VIEW = { width: 400, height: 200, log: false, smoothing: 0 };

function series(y: (number | null)[], parts: Partial<Series> = {}): Series {
  const x = y.map((_, at) => (at + 1) * 100);
  return { label: 'D', note: '', x, y, color: 0, dash: 0, dots: false, ...parts };
}

function chart(lines: Series[], parts: Partial<Chart> = {}): Chart {
  const rest = { range: [null, null], smoothable: true, logarithmic: true } as const;
  return { title: 'Losses', series: lines, marks: [], ...rest, ...parts };
}

function count(text: string, part: RegExp): number {
  return text.match(part)?.length ?? 0;
}

test('a line goes through every value, and is broken at a gap', () => {
  const drawing = drawChart(chart([series([1, 2, null, 4, 5])]), VIEW);
  const [, path] = /class="line measured c0 d0" d="([^"]*)"/.exec(drawing) ?? [];
  expect([count(path, /M/g), count(path, /L/g)]).toEqual([2, 2]);
  expect(path).not.toContain('NaN');
});

test('the label of the last step is not cut off at the right edge', () => {
  const drawing = drawChart(chart([series([1, 2], { x: [0, 100_000] })]), VIEW);
  const [, place, label] = /class="tick x" x="([\d.]+)"[^>]*>(100,000)</.exec(drawing) ?? [];
  // Digits of the page's 11 pixel font are about 6.6 pixels wide.
  expect(Number(place) + (label.length * 6.6) / 2).toBeLessThanOrEqual(VIEW.width);
});

test('smoothing draws what was measured as well, faintly', () => {
  const drawing = drawChart(chart([series([1, 2, 3])]), { ...VIEW, smoothing: 0.5 });
  expect([count(drawing, /line raw/g), count(drawing, /line smoothed/g)]).toEqual([1, 1]);
  const still = drawChart(chart([series([1, 2, 3])], { smoothable: false }), { ...VIEW, smoothing: 0.5 });
  expect(count(still, /line raw/g)).toBe(0);
});

test('without values, or without any above 0 on a logarithmic axis, it says so', () => {
  expect(drawChart(chart([]), VIEW)).toContain('no value yet');
  expect(drawChart(chart([series([null, null])]), VIEW)).toContain('no value yet');
  expect(drawChart(chart([series([-1, 0])]), { ...VIEW, log: true })).toContain('no value above 0');
});

test.each([
  [[5], false],
  [[0, 0], false],
  [[3, 3], true],
  [[-2, -1], false],
  [[1e-30, 1e30], true],
  [[-1, 0, 2], true],
])('the values %j have finite places (logarithmic: %s)', (values, log) => {
  const drawing = drawChart(chart([series(values, { dots: true })]), { ...VIEW, log });
  expect(drawing).not.toMatch(/NaN|Infinity/);
  expect(count(drawing, /<circle/g)).toBe(log ? values.filter((value) => value > 0).length : values.length);
});

test('an axis begins at its floor where that costs little height', () => {
  const low = (y: number[]) => layoutOf(chart([series(y)], { range: [0, null] }), VIEW)?.y.at(0) ?? 0;
  const bottom = VIEW.height - 26;
  expect(low([2, 10])).toBe(bottom);
  expect(low([98, 100])).toBeGreaterThan(bottom);
});

test('a quantity between two ends has both of them on its axis', () => {
  const layout = layoutOf(chart([series([0.4, 0.5])], { range: [0, 1] }), VIEW);
  expect([layout?.y.at(0), layout?.y.at(1)]).toEqual([layout?.bottom, layout?.top]);
});

test('errors are bars as long as they are, and the best has a ring', () => {
  const line = series([10, 20], { error: [5, null] });
  const parts = chart([line], { marks: [{ x: 100, y: 10, color: 0 }] });
  const drawing = drawChart(parts, VIEW);
  const { y } = layoutOf(parts, VIEW) ?? { y: { at: () => 0 } };
  const [, from, to] = /class="error c0" d="M[\d.]+ ([\d.]+)V([\d.]+)/.exec(drawing) ?? [];
  expect(Number(to) - Number(from)).toBeCloseTo(y.at(5) - y.at(15), 0);
  expect(count(drawing, /class="ring/g)).toBe(1);
});

test('a curve of very many points is drawn', () => {
  const many = Array.from({ length: 300_000 }, (_, at) => at % 7);
  expect(layoutOf(chart([series(many)]), VIEW)).not.toBeNull();
});

test('the cursor has a dot for every series with a value', () => {
  const layout = layoutOf(chart([series([1, 2])]), VIEW);
  if (!layout) throw new Error('no layout');
  const dots = [
    { x: 100, y: 1, color: 0 },
    { x: 100, y: Number.NaN, color: 1 },
  ];
  expect(count(drawCursor(100, dots, layout), /<circle/g)).toBe(1);
});
