import { effectiveShare, flopRate, ratiosOf, rivals, tablesOf } from '../../../benchmarks/report/tables';
import { group, IMAGES, MEMORY, participant } from '../results-for-tests';

const [fp32, bf16, textbook, bestFp32, bestBf16] = group.participants;

test('a peer with both precisions is compared in its own, one with float32 alone with all of ours', () => {
  expect(rivals(group, textbook)).toEqual([fp32, bf16]);
  expect(rivals(group, bestFp32)).toEqual([fp32]);
  expect(rivals(group, bestBf16)).toEqual([bf16]);
  expect(rivals(group, fp32)).toEqual([]);
});

test('ratios are of the same round', () => {
  expect(ratiosOf(fp32, textbook, IMAGES)).toEqual([1.8, 2, 2]);
});

test('the rate of FLOPs is that of the median', () => {
  expect(flopRate(fp32, IMAGES)).toBe(100e9);
  expect(flopRate(fp32, MEMORY)).toBeNull();
  expect(
    flopRate(participant('tfjs-node', 'fp32', { images: [2], rest: { flops: null } }), IMAGES),
  ).toBeNull();
});

test("the effective share is of the median rate of the participant's own precision", () => {
  expect(effectiveShare(fp32, IMAGES, group.rates)).toBe(0.5);
  expect(effectiveShare(bf16, IMAGES, group.rates)).toBe(0.21);
  expect(effectiveShare(bf16, IMAGES, null)).toBeNull();
});

test('a table has a line for each participant, with ratios, work and share, or why there is none', () => {
  const [images, memory] = tablesOf(group);
  expect(images.title).toBe('dcgan64, batch 64 (images/s, higher is better)');
  expect(images.columns).toEqual([
    'median',
    'min – max',
    'ours fp32 ÷ it',
    'ours bf16 ÷ it',
    'GFLOP a step',
    'GFLOP/s',
    'effective share',
  ]);
  expect(images.rows.map(({ label, cells, note }) => [label, note ?? cells])).toEqual([
    ['libtorch-gan fp32', ['100', '90.0 – 110', '', '', '64.00', '100', '50 %']],
    ['libtorch-gan bf16', ['210', '200 – 220', '', '', '64.00', '210', '21 %']],
    [
      'pytorch-textbook fp32',
      ['50.0', '50.0 – 55.0', '2.00 × (1.80 – 2.00)', '4.00 × (3.82 – 4.40)', '64.00', '50', '25 %'],
    ],
    ['pytorch-best fp32', ['60.0', '55.0 – 80.0', '1.50 × (1.25 – 2.00)', '', '64.00', '60', '30 %']],
    ['pytorch-best bf16', ['100', '100 – 140', '', '2.00 × (1.50 – 2.20)', '64.00', '100', '10 %']],
    ['tfjs-node fp32', 'is not installed: install <it> & run'],
    ['tfjs-wasm fp32', "failed: Kernel 'X' not registered"],
  ]);
  expect(memory.title).toBe('dcgan64, batch 64: peak memory (MB, lower is better)');
  expect(memory.rows[2].cells).toEqual(['800', '800 – 800', '0.63 × (0.63 – 0.63)', '0.50 × (0.50 – 0.50)']);
});

test('what a participant does otherwise than its name says is told', () => {
  const note = 'contiguous, as channels_last fails';
  const rival = participant('pytorch-compile', 'bf16', { images: [1], rest: { note } });
  const [images] = tablesOf({ ...group, participants: [fp32, rival] });
  expect(images.rows[1].label).toBe('pytorch-compile bf16, contiguous, as channels_last fails');
});

test('another batch than that of the group is told', () => {
  const slow = participant('tfjs-cpu', 'fp32', { images: [0.02], rest: { batch: 2 } });
  const [table] = tablesOf({ ...group, participants: [fp32, slow] });
  expect(table.rows[1].label).toBe('tfjs-cpu fp32, batch 2');
  expect(ratiosOf(fp32, slow, IMAGES)).toEqual([4500]);
});

test('the memory of different batches is not compared', () => {
  const slow = participant('tfjs-cpu', 'fp32', { images: [0.02], bytes: [4e8], rest: { batch: 2 } });
  expect(ratiosOf(fp32, slow, MEMORY)).toEqual([]);
  expect(ratiosOf(fp32, { ...slow, batch: 64 }, MEMORY)).toEqual([1.25]);
});

test('a round that a peer left out counts for neither median nor ratio', () => {
  const once = participant('tfjs-cpu', 'fp32', { images: [20, null, null] });
  const [table] = tablesOf({ ...group, participants: [fp32, once] });
  expect(table.rows[1].cells.slice(0, 3)).toEqual(['20.0', '20.0 – 20.0', '4.50 ×']);
});
