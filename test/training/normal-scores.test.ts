import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  readNormalScores,
  shareAbove,
  thresholdAt,
  writeNormalScores,
} from '../../src/training/normal-scores';
import { temporaryFolder } from '../support/training';

const folder = temporaryFolder();
const scores = {
  score: 'distance',
  of: '99 images',
  heldOut: Array.from({ length: 99 }, (_, i) => i + 1),
  learned: [1, 2],
};

test('a damaged file, scores of another kind and other weights are not taken for what was kept', async () => {
  const place = { checkpoint: folder.path, weights: 'ema' } as const;
  expect(readNormalScores(place, 'distance')).toBeNull();
  await writeNormalScores(place, scores);
  expect(readNormalScores(place, 'distance')).toEqual(scores);
  expect(readNormalScores(place, 'another')).toBeNull();
  expect(readNormalScores({ ...place, weights: 'live' }, 'distance')).toBeNull();
  writeFileSync(
    join(folder.path, 'normal-scores-ema.json'),
    '{"score": "distance", "of": "x", "heldOut": []',
  );
  expect(readNormalScores(place, 'distance')).toBeNull();
  writeFileSync(
    join(folder.path, 'normal-scores-ema.json'),
    '{"score": "distance", "of": "x", "heldOut": ["1"], "learned": [1]}',
  );
  expect(readNormalScores(place, 'distance')).toBeNull();
});

test('a threshold lets the asked share of a hundred draws lie above it', () => {
  // 99 normal scores cut the line into 100 parts that a further one falls into with equal chance.
  expect(thresholdAt(scores, 0.05)).toBe(95);
  expect(thresholdAt(scores, 0.5)).toBe(50);
  expect(thresholdAt(scores, 0)).toBe(99);
  expect(thresholdAt(scores, 1)).toBe(1);
  expect(thresholdAt({ heldOut: [3] }, 0.05)).toBe(3);
});

test('scores at the threshold are not above it', () => {
  expect(shareAbove([1, 2, 3, 4], 3)).toBe(0.25);
});
