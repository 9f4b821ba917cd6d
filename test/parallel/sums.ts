// What ranks do in the tests of sums with gradients, and of batch norm by them.

import type { DType } from '../../src/native/types';
import { leakyRelu } from '../../src/nn/activation';
import { batchNorm1d, batchNorm2d } from '../../src/nn/batch-norm';
import type { Module } from '../../src/nn/module';
import { sequential } from '../../src/nn/sequential';
import type { Json, ProcessGroup } from '../../src/parallel/group';
import { sharingStatistics } from '../../src/parallel/shared-statistics';
import { grad } from '../../src/tensor/autograd';
import { randn, tensor } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import type { Tensor } from '../../src/tensor/tensor';

/** Σ x³ over ranks, where x = rank + 2, and what comes back where rank r weighs it, and then its gradient, by r + 1. */
export function sumsOf(group: ProcessGroup): Json {
  const x = tensor([group.rank + 2]);
  x.requiresGrad = true;
  const sum = group.sum(x.mul(x).mul(x));
  // Each rank weighs the sum otherwise: what comes back is of all.
  const [first] = grad([sum.mul(group.rank + 1).sum()], [x], { createGraph: true });
  const [second] = grad([first.mul(group.rank + 1).sum()], [x]);
  return [sum, first, second].map((each) => each.item());
}

/** How far what ranks compute of their halves of a batch is from what one process computes of the whole: differences beside the largest value. */
export function batchNormsOf(group: ProcessGroup): Json {
  return [
    differences(group, { shape: [4, 16, 5, 5], dtype: 'float32', make: () => batchNorm2d(16) }),
    differences(group, {
      shape: [4, 16, 5, 5],
      dtype: 'float32',
      make: () => sequential(batchNorm2d(16), leakyRelu(0.2)),
    }),
    differences(group, { shape: [3, 5], dtype: 'float64', make: () => batchNorm1d(5) }),
    differences(group, { shape: [1, 2], dtype: 'float64', make: () => batchNorm1d(2, { affine: false }) }),
  ];
}

/** What becomes of bfloat16: its dtype and that of its gradient, and how far both are from what float32 gives. */
export function shortBatchNormOf(group: ProcessGroup): Json {
  manualSeed(8);
  const input = randn([4, 16, 3, 3]).add(group.rank).to({ dtype: 'bfloat16' });
  const [short, exact] = (['bfloat16', 'float32'] as const).map((dtype) => {
    const x = input.to({ dtype }).detach();
    x.requiresGrad = true;
    const layer = batchNorm2d(16);
    const output = sharingStatistics(group, () => layer.forward(x), { batchNorm: true });
    return [output.detach(), ...grad([output.square().mul(output).sum()], [x])];
  });
  const far = short.map(
    (each, i) => each.float().sub(exact[i]).abs().max().item() / exact[i].abs().max().item(),
  );
  return [short.map(({ dtype }) => dtype), far];
}

interface Case {
  /** Of a rank's share. */
  readonly shape: readonly number[];
  readonly dtype: DType;
  make(): Module;
}

function differences(group: ProcessGroup, { shape, dtype, make }: Case): Json {
  const [count, ...rest] = shape;
  manualSeed(7);
  const [input, coefficients] = [0, 1].map(() =>
    randn([count * group.size, ...rest])
      .mul(3)
      .add(5)
      .to({ dtype }),
  );
  const share = (each: Tensor) => each.narrow(0, { start: group.rank * count, length: count }).clone();
  const own = sharingStatistics(
    group,
    () => learned(make().to({ dtype }), { input: share(input), coefficients: share(coefficients) }),
    { batchNorm: true },
  );
  const whole = learned(make().to({ dtype }), { input, coefficients });
  // Parameters learn from all shares.
  group.allReduce(own.ofParameters, 'sum');
  const pairs: [Tensor, Tensor][] = [
    ...own.ofImages.map((each, i): [Tensor, Tensor] => [each, share(whole.ofImages[i])]),
    ...own.ofParameters.map((each, i): [Tensor, Tensor] => [each, whole.ofParameters[i]]),
    ...own.kept.map((each, i): [Tensor, Tensor] => [each, whole.kept[i]]),
  ];
  return pairs.map(([found, wanted]) => {
    const most = wanted.abs().max().item();
    return found.sub(wanted).abs().max().item() / Math.max(most, 1e-3);
  });
}

/** Output and gradients of first and second order, by the images and by the parameters, and the running statistics. */
function learned(
  layer: Module,
  { input, coefficients }: { readonly input: Tensor; readonly coefficients: Tensor },
): { ofImages: Tensor[]; ofParameters: Tensor[]; kept: Tensor[] } {
  const x = input.detach();
  x.requiresGrad = true;
  const parameters = layer.parameters();
  const output = layer.forward(x);
  const loss = output.square().mul(coefficients).sum();
  const [byImages, ...byParameters] = grad([loss], [x, ...parameters], { createGraph: true });
  const [second, ...secondByParameters] = grad([byImages.square().sum()], [x, ...parameters]);
  const kept = layer.namedBuffers().filter(([name]) => name.includes('running_'));
  return {
    ofImages: [output.detach(), byImages.detach(), second],
    ofParameters: [...byParameters.map((each) => each.detach()), ...secondByParameters],
    kept: kept.map(([, buffer]) => buffer),
  };
}
