import { defectFinder } from '../../src/models';
import { grad, noGrad } from '../../src/tensor/autograd';
import { rand, zeros } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { failure, usage } from '../support/failure';

const IMAGES = { channels: 3, height: 32, width: 32 };

test('what it cannot be built for, or does not take, is refused', () => {
  expect(() => defectFinder({ images: IMAGES, width: 0 })).toThrow(usage('width'));
  expect(() => defectFinder({ images: { ...IMAGES, width: 36 } })).toThrow(
    usage('height and width of at least 16 that 8 divides but received 32 × 36'),
  );
  const finder = defectFinder({ images: IMAGES, width: 2 });
  scope(() =>
    expect(() => finder.forward(zeros([1, 1, 32, 32]))).toThrow(failure('ERR_SHAPE', '[1, 1, 32, 32]')),
  );
  finder.dispose();
});

test('it takes other sizes, and finds little before it has learned', () => {
  manualSeed(1);
  const finder = defectFinder({ images: IMAGES, width: 4 });
  scope(() => {
    const { logits, restored } = finder.find(rand([2, 3, 16, 40]));
    expect(logits.shape).toEqual([2, 1, 16, 40]);
    expect(restored.shape).toEqual([2, 3, 16, 40]);
    expect(logits.sigmoid().mean().item()).toBeLessThan(0.35);
  });
  finder.dispose();
});

test('where it finds nothing the image stays, and where it is sure the image is replaced', () => {
  const finder = defectFinder({ images: IMAGES, width: 2 }).eval();
  noGrad(() =>
    scope(() => {
      const seen = rand([1, 3, 16, 16]);
      finder.last.weight.zero_();
      const bias = finder.last.bias;
      if (!bias) throw new Error('no bias');
      // Four values of each: the logits, and three colours.
      bias.fill_(0.25).narrow(0, { start: 0, length: 4 }).fill_(-100);
      expect(finder.forward(seen).equal(seen)).toBe(true);
      bias.narrow(0, { start: 0, length: 4 }).fill_(100);
      expect(finder.forward(seen).sub(0.25).abs().mean().item()).toBeLessThan(1e-6);
    }),
  );
  finder.dispose();
});

test('no pixel is seen from further away than its receptive field says', () => {
  manualSeed(2);
  const finder = defectFinder({ images: { channels: 1, height: 160, width: 160 }, width: 2 }).eval();
  scope(() => {
    const seen = rand([1, 1, 160, 160]);
    seen.requiresGrad = true;
    const { logits } = finder.find(seen);
    const one = zeros([1, 1, 160, 160]);
    one.select(2, 80).select(2, 80).fill_(1);
    const [slope] = grad([logits], [seen], { gradOutputs: [one] });
    const half = (finder.receptiveField - 1) / 2;
    const side = 2 * half + 1;
    const near = slope
      .narrow(2, { start: 80 - half, length: side })
      .narrow(3, { start: 80 - half, length: side });
    const seenPixels = slope.ne(0).float().sum().item();
    expect(seenPixels).toBeGreaterThan(0);
    expect(near.ne(0).float().sum().item()).toBe(seenPixels);
  });
  finder.dispose();
});
