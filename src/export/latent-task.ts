import { UsageError } from '../errors';
import { perLayer } from '../style/per-layer';
import { truncateStyles } from '../style/truncate';
import { eye, full, rand, randint, randn } from '../tensor/create';
import { Generator } from '../tensor/random';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import type { Latent } from '../training/latent';
import { latentShape } from '../training/latent';
import type { LatentSampler } from '../training/latent-sampler';
import type { LoadedModel } from '../training/load';
import { chosenNames } from './class-names';
import { type ExportTask, type PixelForm, type TaskInput, toPixels } from './task';

/** What is fixed about an export of a model that takes latents. */
export interface LatentTaskOptions extends PixelForm {
  /** The layers, from the first on, whose w is drawn to the mean (all). */
  readonly truncationLayers?: number;
}

type Inputs = Readonly<Record<string, Tensor>>;

/** Images of latents: normal numbers, a class, codes and, where there is a w, its truncation are inputs of their own. */
export function latentTask(
  model: Pick<LoadedModel, 'networks' | 'classNames'>,
  sampler: LatentSampler,
  options: LatentTaskOptions,
): ExportTask {
  const { latent, by } = sampler;
  const style = sampler.style(model.networks);
  const layers = options.truncationLayers;
  const classNames = chosenNames({ sampler, classNames: model.classNames });
  if (layers !== undefined && !style)
    throw new UsageError(
      'truncationLayers is of models with an intermediate latent w, but this one has none: leave it out',
    );
  const make = (inputs: Inputs): Tensor => {
    const latents = joined(latent, inputs);
    if (!style) return sampler.make(model.networks, latents);
    const styles = perLayer(style, sampler.mapLatents(model.networks, latents));
    const drawn = truncateStyles(style, styles, { psi: inputs.truncation, layers });
    return sampler.synthesise(model.networks, drawn);
  };
  const run = (inputs: Inputs) => ({ images: toPixels(make(inputs), options) });
  return {
    description: 'Images of latents, made by libtorch-gan.',
    networks: { [by]: model.networks[by] },
    inputs: [...inputsOf(latent, classNames), ...(style ? [truncation(layers)] : [])],
    outputs: { images: imagesText(options) },
    variables: [{ name: 'N', value: 2, other: 3 }],
    imageStatistics: false,
    border: null,
    run,
    reference: run,
    facts: {
      takes: 'latents',
      latent,
      ...(classNames.length > 0 && { classNames }),
      ...(style && { styleLayers: style.styleLayers }),
    },
    notes: style ? ['the noise maps are those of use, constants: the same latents give the same image'] : [],
  };
}

/** What an output of images is, in words. */
export function imagesText({ pixels, layout }: PixelForm): string {
  const shape = layout === 'nhwc' ? '[N, H, W, C]' : '[N, C, H, W]';
  return pixels === 'uint8' ? `images ${shape} of bytes` : `images ${shape} in [-1, 1]`;
}

function noiseSize(latent: Latent): readonly number[] {
  return 'shape' in latent ? latent.shape : [latent.size];
}

/** Latents [N, …] of their parts. */
function joined(latent: Latent, { latents, label, codes }: Inputs): Tensor {
  const [size, ...rest] = noiseSize(latent);
  const places = (part: Tensor, count: number) => part.reshape([latents.shape[0], count, ...rest]);
  const { classes = 0, codes: codeCount = 0 } = latent;
  const parts = [places(latents, size)];
  if (classes > 0)
    parts.push(places(eye(classes, { device: latents.device }).indexSelect(0, label), classes));
  if (codeCount > 0) parts.push(places(codes, codeCount));
  return parts.length === 1 ? parts[0] : cat(parts, 1);
}

function inputsOf(latent: Latent, classNames: readonly string[]): TaskInput[] {
  const { classes = 0, codes = 0 } = latent;
  const numbers = noiseSize(latent).reduce((product, size) => product * size, 1);
  latentShape(latent);
  const what = latent.conditional ? 'the class of each image' : "a code of the model's own";
  const names = classNames.length > 0 ? ` (${classNames.slice(0, 20).join(', ')})` : '';
  return [
    {
      name: 'latents',
      dtype: 'float32',
      shape: ['N', numbers],
      description: 'standard normal numbers',
      example: ({ N }, seed) => drawn(seed, (generator) => randn([N, numbers], { generator, device: 'cpu' })),
    },
    ...(classes === 0
      ? []
      : [
          {
            name: 'label',
            dtype: 'int64' as const,
            shape: ['N'],
            description: `${what}, 0 to ${classes - 1}${names}`,
            example: ({ N }: Readonly<Record<string, number>>, seed: number) =>
              drawn(seed + 1, (generator) =>
                randint({ high: classes, shape: [N] }, { generator, device: 'cpu' }),
              ),
          },
        ]),
    ...(codes === 0
      ? []
      : [
          {
            name: 'codes',
            dtype: 'float32' as const,
            shape: ['N', codes],
            description: 'continuous codes in [-1, 1]',
            example: ({ N }: Readonly<Record<string, number>>, seed: number) =>
              drawn(seed + 2, (generator) => rand([N, codes], { generator, device: 'cpu' }).mul(2).sub(1)),
          },
        ]),
  ];
}

function truncation(layers: number | undefined): TaskInput {
  const where = layers === undefined ? '' : ` in the first ${layers} layers`;
  return {
    name: 'truncation',
    dtype: 'float32',
    shape: [],
    description: `how far w is from its mean${where}: 1 leaves it, 0 makes all images the mean one`,
    example: (_, seed) => full([], seed % 2 === 0 ? 0.7 : 1, { device: 'cpu' }),
  };
}

function drawn(seed: number, draw: (generator: Generator) => Tensor): Tensor {
  const generator = new Generator({ device: 'cpu', seed });
  try {
    return draw(generator);
  } finally {
    generator.dispose();
  }
}
