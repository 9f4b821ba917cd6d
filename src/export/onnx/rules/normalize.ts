import type { GraphValue } from '../../graph';
import { Size } from '../../sizes';
import type { Call, Rule } from '../call';
import { fixed } from '../call';
import { Float } from '../proto';
import { shapeOf } from './shape';

/** A scale or shift a channel: ones or zeros where a layer has none. */
function perChannel(call: Call, name: string, usual: 0 | 1): string {
  const given = call.optional(name);
  if (given) return call.onnx.name(given);
  const [channels] = fixed(call, [call.value('input').shape[1]]);
  return call.onnx.vector(Array.from({ length: channels }, () => usual));
}

/** By each image’s own statistics. */
function byImage(call: Call): string {
  const inputs = [call.input('input'), perChannel(call, 'weight', 1), perChannel(call, 'bias', 0)];
  return call.onnx.node('InstanceNormalization', inputs, { epsilon: epsilon(call) });
}

/** By statistics of the training. */
function byRunning(call: Call): string {
  const [mean, variance] = ['running_mean', 'running_var'].map((name) => call.input(name));
  const inputs = [
    call.input('input'),
    perChannel(call, 'weight', 1),
    perChannel(call, 'bias', 0),
    mean,
    variance,
  ];
  return call.onnx.node('BatchNormalization', inputs, { epsilon: epsilon(call) });
}

function epsilon(call: Call): Float {
  return new Float(call.maybe('eps') ?? 1e-5);
}

function batchNorm(call: Call): string {
  if (!call.flag('training')) return byRunning(call);
  if (call.onnx.target.imageStatistics) return byImage(call);
  throw call.refuse(
    'it normalises by the statistics of its batch, so that images would depend on one another',
  );
}

/** A norm, and what comes after it; a slope of 1 is nothing. */
function thenLeakyRelu(norm: (call: Call) => string): Rule {
  return (call) => {
    const made = norm(call);
    const slope = call.number('slope');
    if (slope === 1) return made;
    return slope === 0
      ? call.onnx.node('Relu', [made])
      : call.onnx.node('LeakyRelu', [made], { alpha: new Float(slope) });
  };
}

/** Groups as channels of an instance norm, then a scale and a shift for each channel. */
const groupNorm: Rule = (call) => {
  const { onnx } = call;
  const input = call.value('input');
  const groups = call.number('num_groups');
  const flat = onnx.node('Reshape', [call.input('input'), onnx.ints([0, groups, -1])]);
  const [one, zero] = [1, 0].map((value) => onnx.vector(Array.from({ length: groups }, () => value)));
  const normal = onnx.node('InstanceNormalization', [flat, one, zero], { epsilon: epsilon(call) });
  // Of the flat tensor only the batch is where it was.
  const from = [input.shape[0], new Size(groups), new Size(-1)];
  const back = onnx.node('Reshape', [normal, shapeOf(call, from, input.shape)]);
  return affine(call, back, input);
};

function affine(call: Call, name: string, { shape }: GraphValue): string {
  const { onnx } = call;
  const places = [shape[1].value, ...shape.slice(2).map(() => 1)];
  const placed = (given: GraphValue) => onnx.node('Reshape', [onnx.name(given), onnx.ints(places)]);
  const [weight, bias] = [call.optional('weight'), call.optional('bias')];
  const scaled = weight ? onnx.node('Mul', [name, placed(weight)]) : name;
  return bias ? onnx.node('Add', [scaled, placed(bias)]) : scaled;
}

const layerNorm: Rule = (call) => {
  const { onnx } = call;
  const sizes = call.numbers('normalized_shape');
  const count = sizes.reduce((product, size) => product * size, 1);
  const weight = call.optional('weight');
  const bias = call.optional('bias');
  const scale = weight
    ? onnx.name(weight)
    : onnx.tensor(
        Array.from({ length: count }, () => 1),
        sizes,
      );
  return onnx.node('LayerNormalization', [call.input('input'), scale, ...(bias ? [onnx.name(bias)] : [])], {
    axis: -sizes.length,
    epsilon: epsilon(call),
  });
};

/** Dropout draws only in training, where the recording refuses it. */
const atRest: Rule = (call) => call.input('input');

/** Normalisations, and what is nothing in use. */
export const NORMALIZE: Readonly<Record<string, Rule>> = {
  batch_norm: batchNorm,
  batchNormLeakyRelu: thenLeakyRelu(batchNorm),
  instanceNormLeakyRelu: thenLeakyRelu(byImage),
  instance_norm: (call) => (call.flag('use_input_stats') ? byImage(call) : byRunning(call)),
  group_norm: groupNorm,
  layer_norm: layerNorm,
  dropout: atRest,
  feature_dropout: atRest,
};
