import type { ByNetwork, NetworkSizes } from './task';

/** How often a step sends a batch through a network, and which gradients come back through it. */
export interface Use {
  readonly network: string;
  /** Batches. */
  readonly passes: number;
  /** Gradients of its weights: computed, or computed by a loop that does not freeze it though nobody needs them, or none. */
  readonly weights: 'needed' | 'wasted' | 'none';
  /** Gradients of its layers' inputs: also of the images it is given, of all layers but the first, or none. */
  readonly inputs: 'all' | 'inner' | 'none';
  /** The gradient at what it is given, and the derivative of that gradient by the weights: by itself, or of a pass that has a loss, too (none). */
  readonly slope?: 'alone' | 'beside a loss';
}

/** The work of a step, in order. */
export type Step = readonly Use[];

const GAN: Step = [
  { network: 'generator', passes: 1, weights: 'needed', inputs: 'inner' },
  { network: 'discriminator', passes: 2, weights: 'needed', inputs: 'inner' },
  { network: 'discriminator', passes: 1, weights: 'wasted', inputs: 'all' },
];

/** Steps of D for each of G's in the suites with more than one. */
export const CRITIC = { sngan: 2, projection: 2, 'wgan-gp': 5 } as const;

/** Fakes for each step of D, the last of them with the graph for G; D on real images and fakes; G by D's judgement. */
function critic(steps: number): Step {
  return [
    { network: 'generator', passes: steps - 1, weights: 'none', inputs: 'none' },
    { network: 'generator', passes: 1, weights: 'needed', inputs: 'inner' },
    { network: 'discriminator', passes: 2 * steps, weights: 'needed', inputs: 'inner' },
    { network: 'discriminator', passes: 1, weights: 'wasted', inputs: 'all' },
  ];
}

/** What a full step of each model is. */
const TRAINING: Readonly<Record<NetworkSizes['model'], Step>> = {
  /** Fakes, D on real images and fakes, G by D's judgement. */
  dcgan: GAN,
  mlp: GAN,
  /** And in the first step, whose passes are counted, R1; path lengths are of maps between the network's ends. No FLOPs go by it. */
  stylegan2: [...GAN, { network: 'discriminator', passes: 1, weights: 'needed', inputs: 'all' }],
  sngan: critic(CRITIC.sngan),
  projection: critic(CRITIC.projection),
  /** And at images between real ones and fakes the critic's slope. */
  'wgan-gp': [
    ...critic(CRITIC['wgan-gp']),
    { network: 'discriminator', passes: CRITIC['wgan-gp'], weights: 'none', inputs: 'none', slope: 'alone' },
  ],
  /** Both kinds of images with their slopes; then G against real images, which D judges anew. */
  modern: [
    { network: 'generator', passes: 1, weights: 'needed', inputs: 'inner' },
    { network: 'discriminator', passes: 2, weights: 'needed', inputs: 'inner', slope: 'beside a loss' },
    { network: 'discriminator', passes: 1, weights: 'wasted', inputs: 'all' },
    { network: 'discriminator', passes: 1, weights: 'none', inputs: 'none' },
  ],
  vae: [
    { network: 'encoder', passes: 1, weights: 'needed', inputs: 'inner' },
    { network: 'decoder', passes: 1, weights: 'needed', inputs: 'all' },
  ],
  pix2pix: GAN,
  /** What is made, by its distance from what was there. */
  'super-resolution': [{ network: 'generator', passes: 1, weights: 'needed', inputs: 'inner' }],
  denoise: [{ network: 'denoiser', passes: 1, weights: 'needed', inputs: 'inner' }],
  /** Each translator makes fakes, takes those of the other one back, and sees images of the domain it makes. */
  cyclegan: [
    ...['ab', 'ba'].flatMap((network): Use[] => [
      { network, passes: 2, weights: 'needed', inputs: 'inner' },
      { network, passes: 1, weights: 'needed', inputs: 'all' },
    ]),
    ...['judgeA', 'judgeB'].flatMap((network): Use[] => [
      { network, passes: 2, weights: 'needed', inputs: 'inner' },
      { network, passes: 1, weights: 'wasted', inputs: 'all' },
    ]),
  ],
};

/** The work of a task that is compared by its passes: a full training step, or a batch of images from a generator. */
export function stepOf({
  kind,
  model,
}: { readonly kind: 'train' | 'sample' } & Pick<NetworkSizes, 'model'>): Step {
  if (kind === 'train') return TRAINING[model];
  return [
    { network: 'generator', passes: 1, weights: 'none', inputs: 'none' },
    { network: 'discriminator', passes: 0, weights: 'none', inputs: 'none' },
  ];
}

/** Passes of each network in a step. */
export function passesOf(step: Step): ByNetwork {
  const passes: Record<string, number> = {};
  for (const use of step) passes[use.network] = (passes[use.network] ?? 0) + use.passes;
  return passes;
}
