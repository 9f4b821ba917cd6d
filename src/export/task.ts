import type { DType } from '../native/types';
import type { Tensor } from '../tensor/tensor';
import type { BorderPlan } from './onnx/border';
import type { Recordable } from './record';
import type { Variable } from './sizes';

/** An input of a network as its users have it. */
export interface TaskInput {
  readonly name: string;
  readonly dtype: DType;
  /** Open sizes by the names of their variables. */
  readonly shape: readonly (number | string)[];
  readonly description: string;
  /** One of a seed, of the sizes that its open ones have: what people would give. */
  example(sizes: Readonly<Record<string, number>>, seed: number): Tensor;
}

/** A sampler’s use of its networks, as tensors to tensors: what is exported. */
export interface ExportTask extends Recordable {
  /** What it is, for the model’s own text. */
  readonly description: string;
  readonly inputs: readonly TaskInput[];
  /** What each output is, by name. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Sizes that users choose: what they are when it is recorded. */
  readonly variables: readonly Variable[];
  /** Whether norms take the statistics of each image alone. */
  readonly imageStatistics: boolean;
  /** How images of any size are brought to those that the network takes; null where it takes all. */
  readonly border: BorderPlan | null;
  /** What LibTorch makes of inputs of any sizes: what a runtime is compared with. */
  reference(inputs: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>>;
  /** Facts for those who call it: ranges, classes. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** What is otherwise than in `sample` and `apply`, a sentence each. */
  readonly notes: readonly string[];
}

/** Open sizes of an input, by the names of their variables. */
export function sizesOf(variables: readonly Variable[]): Record<string, number> {
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}

/** How images go in and come out. */
export interface PixelForm {
  /** float32 in [−1, 1], or bytes. */
  readonly pixels: 'float' | 'uint8';
  readonly layout: 'nchw' | 'nhwc';
}

/** Images in [−1, 1] [N, C, H, W] in another form: bytes are ⌊127.5 · (x + 1) + ½⌋, as in pictures. */
export function toPixels(images: Tensor, { pixels, layout }: PixelForm): Tensor {
  const placed = layout === 'nhwc' ? images.permute([0, 2, 3, 1]) : images;
  if (pixels === 'float') return placed;
  return placed.add(1).mul(127.5).add(0.5).floor().to({ dtype: 'uint8' });
}

/** Images in [−1, 1] [N, C, H, W] of another form. */
export function fromPixels(given: Tensor, { pixels, layout }: PixelForm): Tensor {
  const numbers = pixels === 'float' ? given : given.float().div(127.5).sub(1);
  return layout === 'nhwc' ? numbers.permute([0, 3, 1, 2]) : numbers;
}

/** The shape of images in a form. */
export function pixelShape(
  { layout }: PixelForm,
  { channels, height, width }: { channels: number; height: number | string; width: number | string },
): (number | string)[] {
  return layout === 'nhwc' ? ['N', height, width, channels] : ['N', channels, height, width];
}
