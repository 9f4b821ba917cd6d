import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import {
  drawClassRows,
  drawConditions,
  drawLatents,
  type Latent,
  latentShape,
  splitLatents,
  withLabel,
} from '../../src/training/latent';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';

const MIXED: Latent = { size: 5, classes: 3, codes: 2 };

function drawing<T>(body: (generator: Generator) => T): T {
  const generator = new Generator({ device: testDevice, seed: 7 });
  try {
    return scope(() => body(generator));
  } finally {
    generator.dispose();
  }
}

const draw =
  (latent: Latent, options: { count: number; label?: number | number[]; truncation?: number }) =>
  (generator: Generator) =>
    drawLatents(latent, { generator, device: testDevice, ...options });
const numbers = (tensor: Tensor | null) => (tensor ? Array.from(tensor.toTypedArray(), Number) : null);

test('the shape of a latent counts its classes and codes', () => {
  expect(latentShape(MIXED)).toEqual([10]);
  expect(latentShape({ shape: [64, 1, 1], classes: 10 })).toEqual([74, 1, 1]);
  expect(() => latentShape({ shape: [4, 4, 4], classes: 10 })).toThrow(usage('[z, 1, …] beside classes'));
  expect(() => latentShape({ size: 4, codes: -1 })).toThrow(usage('codes to be a whole number'));
});

test('latents have normal noise, one class each, and codes between −1 and 1', () => {
  drawing((generator) => {
    const { noise, oneHot, codes } = splitLatents(MIXED, draw(MIXED, { count: 3_000 })(generator));
    expect([noise.shape, oneHot?.shape, codes?.shape]).toEqual([
      [3_000, 5],
      [3_000, 3],
      [3_000, 2],
    ]);
    expect(noise.mean().item()).toBeCloseTo(0, 1);
    expect(noise.square().mean().item()).toBeCloseTo(1, 1);
    expect(numbers(oneHot?.sum([0]) ?? null)?.every((count) => count > 900 && count < 1_100)).toBe(true);
    expect(oneHot?.sum([1]).eq(1).all().item()).toBe(1);
    expect(codes?.abs().amax().item()).toBeLessThanOrEqual(1);
    expect(codes?.square().mean().item()).toBeCloseTo(1 / 3, 1);
  });
});

test('noise does not depend on classes behind it', () => {
  const plain = drawing((generator) => numbers(draw({ size: 5 }, { count: 4 })(generator)));
  const noise = drawing((generator) =>
    numbers(splitLatents(MIXED, draw(MIXED, { count: 4 })(generator)).noise),
  );
  expect(noise).toEqual(plain);
});

test('conditions alone are what stands behind the noise: a class each, and codes', () => {
  drawing((generator) => {
    const conditions = drawConditions(MIXED, { count: 300, generator, device: testDevice });
    expect(conditions.shape).toEqual([300, 5]);
    const oneHot = conditions.narrow(1, { start: 0, length: 3 });
    const codes = conditions.narrow(1, { start: 3, length: 2 });
    expect(oneHot.sum([1]).eq(1).all().item()).toBe(1);
    expect(numbers(oneHot.sum([0]))?.every((count) => count > 60)).toBe(true);
    expect(codes.abs().amax().item()).toBeLessThanOrEqual(1);
  });
});

test('a label is the class of all, or of each', () => {
  drawing((generator) => {
    const labels = (label: number | number[]) =>
      numbers(splitLatents(MIXED, draw(MIXED, { count: 3, label })(generator)).oneHot?.argmax(1) ?? null);
    expect(labels(2)).toEqual([2, 2, 2]);
    expect(labels([2, 0, 1])).toEqual([2, 0, 1]);
    expect(() => labels(3)).toThrow(usage('a class from 0 to 2 but received 3'));
    expect(() => labels([1])).toThrow(usage('3 classes, one for each latent, but received 1'));
    expect(() => draw({ size: 5 }, { count: 1, label: 0 })(generator)).not.toThrow();
  });
});

test('the class of latents can be changed, and nothing else', () => {
  drawing((generator) => {
    const latents = draw({ shape: [4, 1, 1], classes: 3 }, { count: 2, label: 0 })(generator);
    const changed = splitLatents(
      { shape: [4, 1, 1], classes: 3 },
      withLabel({ shape: [4, 1, 1], classes: 3 }, latents, 2),
    );
    expect(numbers(changed.oneHot)).toEqual([0, 0, 1, 0, 0, 1]);
    expect(numbers(changed.noise)).toEqual(numbers(latents.narrow(1, { start: 0, length: 4 })));
    expect(numbers(latents.narrow(1, { start: 4, length: 3 }))).toEqual([1, 0, 0, 1, 0, 0]);
  });
});

test('a grid has a row for each class, with the same noise', () => {
  drawing((generator) => {
    const { noise, oneHot } = splitLatents(
      MIXED,
      drawClassRows(MIXED, { columns: 4, generator, device: testDevice }),
    );
    expect(numbers(oneHot?.argmax(1) ?? null)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    const rows = noise.reshape([3, 4, 5]);
    expect(
      rows
        .sub(rows.narrow(0, { start: 0, length: 1 }))
        .abs()
        .amax()
        .item(),
    ).toBe(0);
  });
});

test('truncated noise stays within its limit and keeps its shape there', () => {
  drawing((generator) => {
    const noise = draw({ size: 50 }, { count: 400, truncation: 0.7 })(generator);
    expect(noise.abs().amax().item()).toBeLessThanOrEqual(0.7);
    // The variance of a normal distribution cut at ±0.7: 1 − 2·0.7·φ(0.7) / (2Φ(0.7) − 1).
    expect(noise.square().mean().item()).toBeCloseTo(0.1529, 2);
    expect(() => draw({ size: 2 }, { count: 1, truncation: 0 })(generator)).toThrow(
      usage('truncation expected'),
    );
  });
});
