import { perceptualDistance } from '../../src/losses/perceptual';
import { grad } from '../../src/tensor/autograd';
import { full, randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';

const maps = (...values: number[]) => values.map((value, i) => full([2, 3, 4 - i, 4 - i], value));

test.each([
  [0, 0],
  [1, 2],
  [2, 1],
])('%d maps beside %d are refused', (own, others) => {
  scope(() =>
    expect(() => perceptualDistance(maps(...Array(own).fill(1)), maps(...Array(others).fill(1)))).toThrow(
      usage(
        `perceptualDistance expected as many maps of the images as of what they should be, at least one, but received ${own} and ${others}`,
      ),
    ),
  );
});

test('is the sum over layers of the mean absolute difference', () =>
  scope(() => {
    expect(perceptualDistance(maps(1, 2), maps(0.5, -1)).item()).toBeCloseTo(3.5, 6);
    expect(perceptualDistance(maps(1, 2), maps(1, 2)).item()).toBe(0);
  }));

test('moves images, and not what they should be', () =>
  scope(() => {
    const [own, wanted] = [randn([1, 2, 3, 3]), randn([1, 2, 3, 3])];
    for (const tensor of [own, wanted]) tensor.requiresGrad = true;
    const distance = perceptualDistance([own], [wanted]);
    const [gradient] = grad([distance], [own]);
    expect(gradient.mul(18).abs().min().item()).toBeCloseTo(1, 5);
    expect(() => grad([distance], [wanted])).toThrow();
  }));
