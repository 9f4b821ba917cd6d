import { ganLayers, parameterCounts } from './networks';
import type { Group, Participant } from './suites';
import type { Measured, Passes } from './task';

/** Counting differs from the formula by no more than this: PyTorch's counter agrees to the last operation. */
const FLOPS_TOLERANCE = 0.01;

/** Passes of one step: D sees real images and fakes, G's fakes are made once and judged once more. */
const PASSES: Readonly<Record<'train' | 'sample', Passes>> = {
  train: { generator: 1, discriminator: 3 },
  sample: { generator: 1, discriminator: 0 },
};

/**
 * Why an answer cannot be compared: other networks than the group's, other numbers of passes, or other FLOPs than the formula
 * says; null where it can.
 */
export function whyIncomparable(
  { networks }: Group,
  { task, flops }: Participant,
  measured: Measured,
): string | null {
  if (networks === null || (task.kind !== 'train' && task.kind !== 'sample')) return null;
  const expected = parameterCounts(ganLayers(networks));
  if (!same(measured.parameters, expected))
    return `not the same networks: ${describe(measured.parameters)} parameters, where ${describe(expected)} are expected`;
  const passes = PASSES[task.kind];
  if (!same(measured.passes, passes))
    return `not the same work: ${describe(measured.passes)} passes a step, where ${describe(passes)} are expected`;
  const counted = measured.flops;
  if (counted !== undefined && flops !== null && Math.abs(counted / flops - 1) > FLOPS_TOLERANCE)
    return `not the same work: PyTorch counts ${giga(counted)} GFLOP a step, where ${giga(flops)} are expected`;
  return null;
}

function same(a: Passes | undefined, b: Passes): boolean {
  return a?.generator === b.generator && a.discriminator === b.discriminator;
}

function describe(counts: Passes | undefined): string {
  return counts ? `${counts.generator} generator and ${counts.discriminator} discriminator` : 'unknown';
}

function giga(flops: number): string {
  return (flops / 1e9).toFixed(2);
}
