import type { Call, Rule } from '../call';
import { Float } from '../proto';

function product(a: string, b: string): Rule {
  return (call) => call.onnx.node('MatMul', [call.input(a), call.input(b)]);
}

/** A convolution of constant pads; a kernel’s size is that of its weight. */
function convolved(call: Call, pads: readonly number[]): string {
  const bias = call.optional('bias');
  const inputs = [call.input('input'), call.input('weight'), ...(bias ? [call.onnx.name(bias)] : [])];
  return call.onnx.node('Conv', inputs, {
    kernel_shape: kernelOf(call),
    strides: call.numbers('stride'),
    pads,
    dilations: call.numbers('dilation'),
    group: call.number('groups'),
  });
}

function kernelOf(call: Call): number[] {
  return call
    .value('weight')
    .shape.slice(2)
    .map(({ value }) => value);
}

const conv: Rule = (call) => {
  const padding = call.numbers('padding');
  return convolved(call, [...padding, ...padding]);
};

const convSame: Rule = (call) => {
  const dilation = call.numbers('dilation');
  const total = kernelOf(call).map((size, i) =>
    call.other('padding') === 'same' ? dilation[i] * (size - 1) : 0,
  );
  const before = total.map((each) => Math.floor(each / 2));
  return convolved(call, [...before, ...total.map((each, i) => each - before[i])]);
};

const convTransposed: Rule = (call) => {
  const padding = call.numbers('padding');
  const bias = call.optional('bias');
  const inputs = [call.input('input'), call.input('weight'), ...(bias ? [call.onnx.name(bias)] : [])];
  return call.onnx.node('ConvTranspose', inputs, {
    kernel_shape: kernelOf(call),
    strides: call.numbers('stride'),
    pads: [...padding, ...padding],
    output_padding: call.numbers('output_padding'),
    dilations: call.numbers('dilation'),
    group: call.number('groups'),
  });
};

const dense: Rule = (call) => {
  const { onnx } = call;
  const bias = call.optional('bias');
  const rest = bias ? [onnx.name(bias)] : [];
  if (call.value('input').shape.length === 2)
    return onnx.node('Gemm', [call.input('input'), call.input('weight'), ...rest], { transB: 1 });
  const turned = onnx.node('Transpose', [call.input('weight')], { perm: [1, 0] });
  const made = onnx.node('MatMul', [call.input('input'), turned]);
  return bias ? onnx.node('Add', [made, ...rest]) : made;
};

/** Convolutions and products of matrices. */
export const PRODUCTS: Readonly<Record<string, Rule>> = {
  conv1d: conv,
  conv2d: conv,
  conv3d: conv,
  conv2d_padding: convSame,
  conv_transpose1d: convTransposed,
  conv_transpose2d_input: convTransposed,
  linear: dense,
  matmul: product('self', 'other'),
  mm: product('self', 'mat2'),
  bmm: product('self', 'mat2'),
  mv: product('self', 'vec'),
  dot: product('self', 'tensor'),
  addmm: (call) =>
    call.onnx.node('Gemm', [call.input('mat1'), call.input('mat2'), call.input('self')], {
      alpha: new Float(call.maybe('alpha') ?? 1),
      beta: new Float(call.maybe('beta') ?? 1),
    }),
};
