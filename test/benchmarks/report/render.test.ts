import { format, formatRatio } from '../../../benchmarks/report/format';
import { markdown } from '../../../benchmarks/report/markdown';
import { svg } from '../../../benchmarks/report/svg';
import { groupText, machineText, ratesText } from '../../../benchmarks/report/text';
import { group, machine, results } from '../results-for-tests';

test('figures have about three digits, and bytes become megabytes', () => {
  expect([0.0213, 9.876, 12.34, 123.4, 1234.5, 1_234_567].map((value) => format(value, 'ns'))).toEqual([
    '0.021',
    '9.88',
    '12.3',
    '123',
    '1,235',
    '1,234,567',
  ]);
  expect(format(512_300_000, 'MB')).toBe('512');
  expect([formatRatio(1.234), formatRatio(654.3)]).toEqual(['1.23 ×', '654 ×']);
});

test('the machine is told in a line, with the GPU where one computed', () => {
  expect(machineText(machine)).toBe(
    'Some CPU, 2 cores (avx2, avx512f); 2 threads; LibTorch 2.13.0, Node 20.19.0',
  );
  expect(machineText({ ...machine, device: 'cuda:0', gpus: ['Some GPU'] })).toContain('; cuda:0: Some GPU; ');
});

test('the rates are medians over all rounds', () => {
  expect(ratesText(results)).toBe(
    'matrix product 2048³ through this library: float32 200 GFLOP/s, bf16 1000 GFLOP/s',
  );
  const float32 = { ...group, rates: { fp32: [2e11], bf16: [] } };
  expect(ratesText({ ...results, groups: [float32] })).toBe(
    'matrix product 2048³ through this library: float32 200 GFLOP/s',
  );
  expect(ratesText({ ...results, groups: [{ ...group, rates: null }] })).toBeNull();
});

test('the table on the screen is aligned, and notes stand in the place of figures', () => {
  const lines = groupText({ ...group, figures: [group.figures[1]] }).split('\n');
  expect(lines).toEqual([
    'dcgan64, batch 64: peak memory (MB, lower is better)',
    '                         median      min – max        ours fp32 ÷ it        ours bf16 ÷ it',
    '  libtorch-gan fp32         500      500 – 500',
    '  libtorch-gan bf16         400      400 – 400',
    '  pytorch-textbook fp32     800      800 – 800  0.63 × (0.63 – 0.63)  0.50 × (0.50 – 0.50)',
    '  pytorch-best fp32       1,000  1,000 – 1,000  0.50 × (0.50 – 0.50)',
    '  pytorch-best bf16         500      500 – 500                        0.80 × (0.80 – 0.80)',
    '  tfjs-node fp32         is not installed: install <it> & run',
    "  tfjs-wasm fp32         failed: Kernel 'X' not registered",
    '',
  ]);
});

test('the Markdown names machine, date and command, and has a table for each figure', () => {
  const text = markdown(results);
  expect(text).toMatch(
    /^Measured on 2026-01-02: Some CPU, 2 cores .*\. Rerun with `npx ts-node scripts\/bench\.ts dcgan64`\.\n/,
  );
  const lines = text.split('\n');
  const rows = lines.filter((line) => line.startsWith('|'));
  expect(rows).toHaveLength(2 * (2 + group.participants.length));
  expect(lines).toContain(
    '| pytorch-best bf16 | 100 | 100 – 140 |  | 2.00 × (1.50 – 2.20) | 64.00 | 100 | 10 % |',
  );
  expect(lines).toContain('| tfjs-node fp32 | is not installed: install <it> & run |  |  |  |  |  |  |');
  // Every row of a table has as many cells as its head, or the table breaks.
  expect(new Set(rows.slice(0, rows.length / 2).map((row) => row.split('|').length)).size).toBe(1);
});

describe('the chart', () => {
  const chart = svg(results);

  test('has a bar for each participant with figures, as long as its median, ours in their own colour', () => {
    const bars = [...chart.matchAll(/<rect [^>]*width="([\d.]+)"[^>]*fill="([^"]+)"/g)];
    expect(bars).toHaveLength(2 * 5);
    const lengths = bars.slice(0, 5).map(([, width]) => Number(width));
    const medians = [100, 210, 50, 60, 100];
    for (const [i, value] of medians.entries()) expect(lengths[i] / lengths[1]).toBeCloseTo(value / 210, 2);
    const colors = bars.slice(0, 5).map(([, , fill]) => fill);
    expect(new Set(colors.slice(0, 2)).size).toBe(1);
    expect(new Set(colors.slice(2)).size).toBe(1);
    expect(colors[0]).not.toBe(colors[2]);
  });

  test('tells values, ratios, and why a bar is missing, with what XML reserves written out', () => {
    expect(chart).toContain('>50.0 images/s · ours fp32 2.00 × · ours bf16 4.00 ×<');
    expect(chart).toContain('>is not installed: install &lt;it&gt; &amp; run<');
    expect(chart).toContain('2026-01-02: Some CPU');
  });

  test('has no background and no colour near black or white: it is read on both', () => {
    const colors = [...chart.matchAll(/#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/g)];
    expect(colors.length).toBeGreaterThan(0);
    for (const [color, ...channels] of colors) {
      const [r, g, b] = channels.map((channel) => Number.parseInt(channel, 16));
      const luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
      expect({ color, legible: luma > 80 && luma < 160 }).toEqual({ color, legible: true });
    }
    expect(chart).not.toMatch(/<rect x="0"/);
  });

  test('fits into its own frame', () => {
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(chart) ?? [];
    for (const [, x, w] of chart.matchAll(/<rect x="([\d.]+)"[^>]*width="([\d.]+)"/g))
      expect(Number(x) + Number(w)).toBeLessThan(Number(width));
    for (const [, y] of chart.matchAll(/ y="(\d+)"/g)) expect(Number(y)).toBeLessThan(Number(height));
  });
});
