import type { Feeds, ModelFacts, Numbers } from './facts';
import type { Running } from './model';
import { between, normals, uniforms } from './random';
import type { Told } from './view';

/** What makes one image. */
export interface Point {
  readonly noise: Float32Array;
  readonly codes: Float32Array;
  readonly label: number;
}

/** What is the same for all images that are shown. */
interface Shared {
  /** The class of all images; −1 for one after the other. */
  chosen: number;
  /** Truncation; without meaning where a model has none. */
  psi: number;
}

/** Images of points in the space of a model’s latents. */
export class Points {
  readonly noiseSize: number;
  readonly codeSize: number;
  readonly classes: number;
  readonly truncates: boolean;
  readonly shared: Shared;
  readonly #model: Running;
  readonly #told: Told;

  constructor(model: Running, told: Told) {
    const { inputs, facts }: ModelFacts = model.facts;
    const size = (name: string) => Number(inputs.find((input) => input.name === name)?.shape[1] ?? 0);
    this.noiseSize = size('latents');
    this.codeSize = size('codes');
    this.classes = facts.latent?.classes ?? 0;
    this.truncates = inputs.some(({ name }) => name === 'truncation');
    this.shared = { chosen: -1, psi: 0.7 };
    this.#model = model;
    this.#told = told;
  }

  /** The point of a seed; `order` gives its class where all are shown. */
  at(seed: number, order: number): Point {
    const uniform = uniforms(seed + 7919);
    const { chosen } = this.shared;
    return {
      noise: normals(seed, this.noiseSize),
      codes: Float32Array.from({ length: this.codeSize }, () => 2 * uniform() - 1),
      label: chosen >= 0 ? chosen : this.classes > 0 ? order % this.classes : 0,
    };
  }

  /** The point at `share` of the way between those of two seeds; codes and class are those of the first. */
  between(from: number, to: number, share: number): Point {
    const [a, b] = [this.at(from, 0), this.at(to, 0)];
    return { ...a, noise: between(a.noise, b.noise, share) };
  }

  /** Images [N, C, H, W] of points. */
  async images(points: readonly Point[]): Promise<Numbers> {
    const start = performance.now();
    const images = await this.#model.run(this.#feeds(points));
    this.#told(points.length, performance.now() - start);
    return images;
  }

  #feeds(points: readonly Point[]): Feeds {
    const labels = BigInt64Array.from(points, ({ label }) => BigInt(label));
    return {
      latents: joined(points.map(({ noise }) => noise)),
      ...(this.codeSize > 0 && { codes: joined(points.map(({ codes }) => codes)) }),
      ...(this.classes > 0 && { label: { data: labels, dims: [points.length] } }),
      ...(this.truncates && { truncation: { data: Float32Array.of(this.shared.psi), dims: [] } }),
    };
  }
}

function joined(parts: readonly Float32Array[]): Numbers {
  const [{ length }] = parts;
  const data = new Float32Array(parts.length * length);
  for (const [i, part] of parts.entries()) data.set(part, i * length);
  return { data, dims: [parts.length, length] };
}
