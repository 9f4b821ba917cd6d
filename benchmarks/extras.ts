/** Something that a recipe may do in its step beside judging images. */
export interface Extra {
  readonly title: string;
  readonly recipe: string;
  readonly resolution: number;
  readonly batch: number;
  readonly set: Readonly<Record<string, string>>;
  /** The settings that leave it out. */
  readonly without: Readonly<Record<string, string>>;
  /** Steps in which it comes as often as it should. */
  readonly steps: number;
}

const SMALL = { resolution: 32, batch: 64, steps: 1 } as const;
const STYLES = {
  recipe: 'stylegan2',
  resolution: 64,
  batch: 16,
  set: { size: 'small', width: '16', maxWidth: '128', latentSize: '128', mapping: '2' },
  steps: 16,
} as const;

/** What the suite `extras` measures. */
export const EXTRAS = {
  spectralNorm: {
    ...SMALL,
    title: 'spectral norm of a ResNet of width 64',
    recipe: 'hinge',
    set: { network: 'resnet', width: '64' },
    without: { spectralNorm: 'false' },
  },
  gradientPenalty: {
    ...SMALL,
    title: 'gradient penalty in each critic step',
    recipe: 'wgan-gp',
    set: { width: '64' },
    without: { lambda: '0', allow: 'unbounded-critic' },
  },
  r1: {
    ...SMALL,
    title: 'R1 in each step',
    recipe: 'relativistic',
    set: { width: '64', loss: 'relativistic', norm: 'none', r1: '1' },
    without: { r1: '0' },
  },
  lazyR1: { ...STYLES, title: 'R1 in each 16th step', without: { gamma: '0' } },
  pathLength: { ...STYLES, title: 'path lengths in each 4th step', without: { pathWeight: '0' } },
} as const satisfies Readonly<Record<string, Extra>>;
