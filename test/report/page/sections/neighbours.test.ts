import { memorySentence } from '../../../../src/report/page/sections/neighbours';

const samplesAt = (...distances: number[]) =>
  distances.map((distance) => ({ distance: [distance, 2 * distance], index: [0, 1] }));

test('samples as far from real images as those are from each other are no copies', () => {
  expect(memorySentence({ k: 2, samples: samplesAt(5, 4, 9), realMedian: 6 })).toBe(
    'In the median a sample is 5.000 from its nearest real image, and a real image 6.000 from its nearest other one. ' +
      'None of 3 samples is nearer than a third of that: no sign of memorised images.',
  );
});

test.each([
  [[0, 5, 5, 7], /Of 4 samples 1 is nearer than a third of that: look for memorised images\.$/],
  [[0, 1, 5, 7], /median a sample is 3\.000 .* Of 4 samples 2 are nearer/],
])('samples at %j are suspicious', (distances, sentence) => {
  expect(memorySentence({ k: 2, samples: samplesAt(...distances), realMedian: 6 })).toMatch(sentence);
});
