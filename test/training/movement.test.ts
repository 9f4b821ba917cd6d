import { linear } from '../../src/nn/linear';
import { sequential } from '../../src/nn/sequential';
import { noGrad } from '../../src/tensor/autograd';
import { scope } from '../../src/tensor/scope';
import { Movement } from '../../src/training/movement';

test('the median over the weights of how far each went, relative to its size', () => {
  const networks = [sequential(linear(3, 4), linear(4, 4), linear(4, 2)), linear(2, 2)];
  const movement = new Movement(networks);
  movement.begin();
  expect(movement.isMeasuring).toBe(true);
  const grow = (factors: readonly number[], at: number) =>
    networks[at]
      .parameters()
      .filter(({ shape }) => shape.length > 1)
      .forEach((weight, i) => void noGrad(() => scope(() => weight.mul_(factors[i]))));
  // What moved by a part p of what it was, is 1 + p as large.
  grow([1.001, 3, 1.25], 0);
  const [first, second] = movement.end();
  expect(first).toBeCloseTo(0.25 / 1.25, 5);
  expect(second).toBe(0);
  expect(movement.isMeasuring).toBe(false);
  for (const network of networks) network.dispose();
});
