import type { ImageSize } from '../data/image-size';
import { Dropout } from '../nn/dropout';
import type { Module } from '../nn/module';
import { rand } from '../tensor/create';
import { Generator } from '../tensor/random';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { evaluating } from '../training/evaluating';
import { addBorder, borderFor, cutBorder, leastSide } from '../training/image-border';
import type { ImageSampler } from '../training/image-sampler';
import type { LoadedModel } from '../training/load';
import { asImages } from '../training/sampler-base';
import { imagesText } from './latent-task';
import type { Variable } from './sizes';
import { type ExportTask, fromPixels, type PixelForm, pixelShape, type TaskInput, toPixels } from './task';

/** What is fixed about an export of a model that takes images. */
export interface ImageTaskOptions extends PixelForm {
  readonly direction?: string;
}

type Inputs = Readonly<Record<string, Tensor>>;

/** Sides that are recorded are those of the training, which the network is known to take; they are not smaller than this, so that no size is 1 by chance. */
const LEAST_RECORDED = 16;

/** Images of images of any size that the network takes; masks are an input of their own. */
export function imageTask(
  model: Pick<LoadedModel, 'networks' | 'specs'>,
  sampler: ImageSampler,
  options: ImageTaskOptions,
): ExportTask {
  const direction = sampler.direction(options.direction);
  const { channels, height, width } = model.specs[direction.from];
  const network = model.networks[direction.by];
  const imageStatistics = sampler.norms === 'image';
  const drops = imageStatistics && network.modules().some((module) => module instanceof Dropout);
  const joined = ({ images, masks }: Inputs): Tensor => {
    const form = fromPixels(images, options);
    const holes = masks && fromMask(masks, options);
    return sampler.join(form, { direction: direction.name, ...(holes && { masks: holes }) });
  };
  const make = (inputs: Inputs): Tensor =>
    imageStatistics
      ? byThemselves(network, joined(inputs), sampler)
      : sampler.makeJoined(model.networks, joined(inputs), { direction: direction.name });
  const one = (inputs: Inputs) => ({ result: toPixels(make(inputs), options) });
  const { stride, scale = 1 } = sampler.reach;
  const least = leastSide(sampler.reach);
  return {
    description: `Images of images (${direction.name}), made by libtorch-gan.`,
    networks: { [direction.by]: network },
    inputs: inputsOf(channels, { ...options, masked: direction.mask !== undefined }),
    outputs: { result: imagesText(options) },
    variables: variablesOf({ height, width }, { least: Math.max(least, LEAST_RECORDED), stride }),
    imageStatistics,
    border: stride === 1 ? null : { stride, scale, axes: options.layout === 'nhwc' ? [1, 2] : [2, 3] },
    run: one,
    reference: (inputs) => (imageStatistics ? each(inputs, one) : one(inputs)),
    facts: {
      takes: 'images',
      direction: direction.name,
      channels,
      stride,
      least,
      scale,
      masks: direction.mask !== undefined,
    },
    notes: [
      ...(least > 1 ? [`height and width of at least ${least}`] : []),
      ...(drops ? ['dropout, which apply leaves on, is off: a graph draws no random numbers'] : []),
    ],
  };
}

function variablesOf(
  { height, width }: ImageSize,
  { least, stride }: { readonly least: number; readonly stride: number },
): Variable[] {
  const side = (name: string, trained: number): Variable => {
    const value = Math.ceil(Math.max(least, trained) / stride) * stride;
    return { name, value, other: value + stride };
  };
  return [{ name: 'N', value: 2, other: 3 }, side('H', height), side('W', width)];
}

/** Norms take an image’s own statistics, and dropout rests. */
function byThemselves(network: Module, images: Tensor, { reach, scale }: ImageSampler): Tensor {
  const [, , height, width] = images.shape;
  const border = borderFor(reach, { height, width });
  return scope(() =>
    evaluating([network], { device: images.device, norms: 'image' }, () => {
      for (const module of network.modules()) if (module instanceof Dropout) module.eval();
      return cutBorder(asImages(network.forward(addBorder(images, border))), border, scale);
    }),
  );
}

/** One image after the other. */
function each(inputs: Inputs, one: (inputs: Inputs) => Inputs): Inputs {
  return scope(() => {
    const count = inputs.images.shape[0];
    const made = Array.from({ length: count }, (_, start) =>
      one(
        Object.fromEntries(
          Object.entries(inputs).map(([name, all]) => [name, all.narrow(0, { start, length: 1 })]),
        ),
      ),
    );
    return { result: cat(made.map(({ result }) => result)) };
  });
}

/** Masks are 1 in the hole and 0 elsewhere; as bytes, whatever is not 0 is hole. */
function fromMask(masks: Tensor, { pixels, layout }: PixelForm): Tensor {
  const numbers = pixels === 'float' ? masks : masks.gt(0).float();
  return layout === 'nhwc' ? numbers.permute([0, 3, 1, 2]) : numbers;
}

function inputsOf(
  channels: number,
  { masked, ...form }: PixelForm & { readonly masked: boolean },
): TaskInput[] {
  const bytes = form.pixels === 'uint8';
  const input = (
    name: string,
    description: string,
    count: number,
    values: (drawn: Tensor) => Tensor,
  ): TaskInput => ({
    name,
    dtype: bytes ? 'uint8' : 'float32',
    shape: pixelShape(form, { channels: count, height: 'H', width: 'W' }),
    description,
    example: (sizes, seed) => {
      const shape = pixelShape(form, { channels: count, height: sizes.H, width: sizes.W });
      const generator = new Generator({ device: 'cpu', seed: seed + count });
      try {
        const sized = shape.map((size) => (size === 'N' ? sizes.N : Number(size)));
        return scope(() => values(rand(sized, { generator, device: 'cpu' })));
      } finally {
        generator.dispose();
      }
    },
  });
  return [
    input('images', imagesText(form), channels, (drawn) =>
      bytes ? drawn.mul(255.99).floor().to({ dtype: 'uint8' }) : drawn.mul(2).sub(1),
    ),
    ...(masked
      ? [
          input('masks', bytes ? 'not 0 in the hole' : '1 in the hole and 0 elsewhere', 1, (drawn) =>
            drawn.gt(0.7).to({ dtype: bytes ? 'uint8' : 'float32' }),
          ),
        ]
      : []),
  ];
}
