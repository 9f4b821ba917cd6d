import type { Batch } from '../data/loader';
import { UsageError } from '../errors';
import { inChannels } from '../metrics/channels';
import type { Comparison } from '../metrics/comparison';
import { interpolate } from '../tensor/functional';
import { scope } from '../tensor/scope';
import { cat, stack } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { evaluating, type Norms } from './evaluating';
import type { Grid } from './grid';
import { addBorder, borderFor, cutBorder } from './image-border';
import type { Networks } from './phase';
import type { Reach } from './reach';
import { asImages, type GridSource, type SamplerBase } from './sampler-base';

/** One way in which a model makes images of images. */
export interface Direction {
  /** The network that makes them. */
  readonly by: string;
  /** The images it takes, by their name in batches. */
  readonly from: string;
  /** The images it makes: of the kind that batches have under this name. */
  readonly to: string;
  /**
   * Where the network makes something of them, by its name in batches: masks float32 [N, 1, H, W] of 1 in the hole and 0 elsewhere, which it takes as
   * a last channel (none).
   */
  readonly mask?: string;
}

/** What an {@link ImageSampler} is made of. */
export interface ImageSamplerOptions {
  /** By name; the first is the one that is meant where none is named. */
  readonly directions: Readonly<Record<string, Direction>>;
  /** Sizes that the networks take: of a translator of `models` the translator itself. */
  readonly reach: Reach;
  /** How norms and dropout behave in use (`running`). */
  readonly norms?: Norms;
  /** Whether batches hold what should come out: grids show it beside what does, else the way back (false). */
  readonly paired?: boolean;
  /** By what of them outputs are compared with what should come out, where nobody says (all pixels, in their colours). */
  readonly compared?: Comparison;
}

/** Which direction, and what chance draws by. */
export interface TranslateOptions {
  /** (the first) */
  readonly direction?: string;
  /** Of dropout that stays on in use: the n-th image is made with seed + n (0). */
  readonly seed?: number;
}

/** Images of which a part is to be made. */
export interface MaskOptions extends TranslateOptions {
  /** Masks [N, 1, H, W] of 1 in the hole and 0 elsewhere, of directions with a mask. */
  readonly masks?: Tensor;
}

/** Examples of each direction in a sample grid, and how many of them make a row. */
const EXAMPLES = 16;
const IN_A_ROW = 2;

/** A model that makes images of images. */
export class ImageSampler implements SamplerBase {
  readonly takes = 'images';
  readonly directions: Readonly<Record<string, Direction>>;
  readonly reach: Reach;
  readonly norms: Norms;
  readonly paired: boolean;
  readonly compared: Comparison;

  /** @throws UsageError without a direction */
  constructor({ directions, reach, norms = 'running', paired = false, compared = {} }: ImageSamplerOptions) {
    if (Object.keys(directions).length === 0)
      throw new UsageError('imageSampler expected at least one direction but received none');
    this.directions = directions;
    this.reach = reach;
    this.norms = norms;
    this.paired = paired;
    this.compared = compared;
  }

  /** How many times as high and wide as its input an output is. */
  get scale(): number {
    return this.reach.scale ?? 1;
  }

  get networks(): readonly string[] {
    return [...new Set(Object.values(this.directions).map(({ by }) => by))];
  }

  /** The direction of that name, the first without one. @throws UsageError for a name that the model lacks */
  direction(name?: string): Direction & { readonly name: string } {
    const known = Object.keys(this.directions);
    const found = name ?? known[0];
    if (known.includes(found)) return { ...this.directions[found], name: found };
    throw new UsageError(`this model has no direction ${found}: it has ${known.join(' and ')}`);
  }

  /**
   * What a direction makes of images float32 [N, C, H, W] of any size: float32 [N, C', H, W] in [−1, 1], or {@link scale} times as high and wide. Sizes that the networks do not take are
   * bordered by their reflection, and cut back. No trace is left in the networks.
   *
   * @throws UsageError for images smaller than the networks take, a direction that the model lacks, masks that are missing, of another size or not
   *   wanted
   */
  make(networks: Networks, images: Tensor, { masks, ...options }: MaskOptions = {}): Tensor {
    return scope(() => this.makeJoined(networks, this.join(images, { masks, ...options }), options));
  }

  /** Images with their masks as a last channel, where the direction has masks: what its network takes. @throws UsageError as {@link make} */
  join(images: Tensor, { direction, masks }: MaskOptions = {}): Tensor {
    const { mask } = this.direction(direction);
    if (mask === undefined && masks === undefined) return images;
    if (masks === undefined)
      throw new UsageError(
        'this model fills holes and expects masks beside the images, 1 in the hole and 0 elsewhere, but received none',
      );
    if (mask === undefined)
      throw new UsageError('this model makes all of an image but received masks: leave them out');
    const [count, , height, width] = images.shape;
    const wanted = [count, 1, height, width];
    if (`${masks.shape}` !== `${wanted}`)
      throw new UsageError(
        `masks expected the size of the images, [${wanted.join(', ')}], but received [${masks.shape.join(', ')}]`,
      );
    return cat([images, masks], 1);
  }

  /** {@link make} of what {@link join} gives. */
  makeJoined(networks: Networks, images: Tensor, { direction, seed = 0 }: TranslateOptions = {}): Tensor {
    const { by } = this.direction(direction);
    const network = networks[by];
    const [, , height, width] = images.shape;
    const border = borderFor(this.reach, { height, width });
    return scope(() => {
      const bordered = addBorder(images, border);
      const { norms } = this;
      const run = (input: Tensor, at: number): Tensor =>
        evaluating([network], { device: images.device, norms, seed: at }, () =>
          asImages(network.forward(input)),
        );
      // Statistics of its own are those of one image; a seed of its own makes it the same whatever images it comes with.
      const made =
        norms === 'image'
          ? cat(bordered.split(1).map((image, i) => run(image, seed + i)))
          : run(bordered, seed);
      return cutBorder(made, border, this.scale);
    });
  }

  /** The first examples of images that are not learned. */
  async gridInputs({ examples }: GridSource): Promise<Batch> {
    return examples(EXAMPLES);
  }

  /** Rows of input, at the size of the output, output and, where batches are pairs, what should have come out; else what the way back makes of the output. */
  grid(networks: Networks, inputs: Batch): Grid {
    const triples = Object.keys(this.directions).map((name) => this.#triples(networks, inputs, name));
    const channels = Math.max(...triples.map((images) => images.shape[2]));
    const shown = triples.map((images) => inChannels(images.flatten({ startDim: 0, endDim: 1 }), channels));
    return { images: cat(shown), columns: 3 * IN_A_ROW };
  }

  /** [N, 3, C, H, W] */
  #triples(networks: Networks, inputs: Batch, name: string): Tensor {
    const { from, to, mask } = this.direction(name);
    const input = inputs[from];
    const masks = mask === undefined ? undefined : inputs[mask];
    const output = this.make(networks, input, { direction: name, masks });
    const back = this.#back(name);
    const third =
      this.paired || back === null ? inputs[to] : this.make(networks, output, { direction: back });
    // Every pixel of a smaller input is a square of them.
    const shown = this.scale === 1 ? input : interpolate(input, { scaleFactor: this.scale });
    const three = [shown, output, third];
    const channels = Math.max(...three.map(({ shape }) => shape[1]));
    // Of two domains that do not belong together one may have fewer images.
    const count = Math.min(...three.map(({ shape }) => shape[0]));
    return stack(
      three.map((images) => inChannels(images.narrow(0, { start: 0, length: count }), channels)),
      1,
    );
  }

  /** The direction that leads back; null where there is none. */
  #back(name: string): string | null {
    const { from, to } = this.direction(name);
    const back = Object.entries(this.directions).find(([, other]) => other.from === to && other.to === from);
    return back ? back[0] : null;
  }
}

/** An {@link ImageSampler}: `imageSampler({ directions: { ab: { by: 'ab', from: 'a', to: 'b' } }, reach: ab })`. */
export function imageSampler(options: ImageSamplerOptions): ImageSampler {
  return new ImageSampler(options);
}
