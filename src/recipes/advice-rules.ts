import type { DataSurvey } from '../data/survey';

/** The machine that a training would run on. */
export interface MachineFacts {
  /** Processors that this process may use. */
  readonly cores: number;
  readonly memoryBytes: number;
  /** LibTorch's level of instructions, e.g. `AVX512`. */
  readonly instructions: string;
  /** Name of the GPU that it would use; null where it would be the processor. */
  readonly gpu: string | null;
}

/** What rules go by. */
export interface AdviceFacts {
  readonly data: DataSurvey;
  readonly machine: MachineFacts;
}

/** Something to take where it applies, and why. */
export interface Rule<T> {
  readonly take: T;
  when(facts: AdviceFacts): boolean;
  /** Half a sentence for the user. */
  why(facts: AdviceFacts): string;
  /** Where it is from: a page of this project with the figures, or a paper. */
  readonly source: string;
}

/** A recipe with what is set of it. */
export interface RecipeChoice {
  readonly recipe: string;
  readonly set?: Readonly<Record<string, string>>;
}

/** Images that a class must have for images of a class to be learned. */
const LEAST_OF_CLASS = 50;

/** The smaller side of the images in their files. */
export const sideOf = ({ data: { size } }: Pick<AdviceFacts, 'data'>): number =>
  Math.min(size.height, size.width);

const hasGpu = ({ machine }: AdviceFacts): boolean => machine.gpu !== null;

const isOf =
  (kind: DataSurvey['kind']) =>
  ({ data }: AdviceFacts): boolean =>
    data.kind === kind;

function hasClasses({ data: { kind, classes } }: AdviceFacts): boolean {
  const least = Math.min(...classes.map(({ count }) => count));
  return kind === 'images' && classes.length > 1 && least >= LEAST_OF_CLASS;
}

/** What to train: the first that applies is taken, the next is the runner-up. */
export const RECIPE_RULES: readonly Rule<RecipeChoice>[] = [
  {
    take: { recipe: 'pix2pix' },
    when: isOf('pairs'),
    why: () => 'these are pairs, and it is what learns B from A',
    source: 'Isola et al. 2017',
  },
  {
    take: { recipe: 'pix2pix', set: { norm: 'instance' } },
    when: isOf('pairs'),
    why: () => 'the same with instance norm, which needs no batch statistics in use',
    source: 'Isola et al. 2017, section 3.3',
  },
  {
    take: { recipe: 'cyclegan' },
    when: isOf('unpaired'),
    why: () => 'these are two domains without pairs, and it is what learns to go between them',
    source: 'Zhu et al. 2017',
  },
  {
    take: { recipe: 'cyclegan', set: { identity: '0' } },
    when: isOf('unpaired'),
    why: () => 'the same free to change colours: no loss holds images of the other domain as they are',
    source: 'Zhu et al. 2017, section 5.2',
  },
  {
    take: { recipe: 'stylegan2', set: { conditional: 'true' } },
    when: (facts) => hasGpu(facts) && hasClasses(facts) && sideOf(facts) >= 128,
    why: () => 'images of 128 pixels and more, with labels, on a GPU',
    source: 'Karras et al. 2020',
  },
  {
    take: { recipe: 'stylegan2' },
    when: (facts) => hasGpu(facts) && isOf('images')(facts) && sideOf(facts) >= 128,
    why: () => 'images of 128 pixels and more on a GPU',
    source: 'Karras et al. 2020',
  },
  {
    take: { recipe: 'cgan' },
    when: hasClasses,
    why: ({ data }) =>
      `there are ${data.classes.length} classes, and told the class a GAN of this size has a FID of 0.4 on digits where one that is not has 2.8`,
    source: 'docs/gallery.md',
  },
  {
    take: { recipe: 'acgan' },
    when: hasClasses,
    why: () => 'conditional too, with a FID of 0.5 on the same digits, and D tells classes as well',
    source: 'docs/gallery.md',
  },
  {
    take: { recipe: 'dcgan' },
    when: isOf('images'),
    why: () =>
      'for minutes it is hard to beat: FID 1.9 after 5 epochs of Fashion-MNIST; sngan has 2.5, in four times the time',
    source: 'README.md, Is it any good?',
  },
  {
    take: { recipe: 'hinge' },
    when: isOf('images'),
    why: () => 'the same networks with another loss: FID 3.8 on digits, dcgan 2.8',
    source: 'docs/gallery.md',
  },
];

/** The most pixels a side. */
export const SIDE_RULES: readonly Rule<number>[] = [
  {
    take: 256,
    when: hasGpu,
    why: () => 'on GPUs the paper trains at 256 pixels and more',
    source: 'Karras et al. 2020',
  },
  {
    take: 128,
    when: ({ machine }) => machine.cores >= 16,
    why: ({ machine }) => `${machine.cores} cores make steps of 128 pixels`,
    source:
      'docs/performance.md: four times the work of 64 pixels, 100 images a second of which take 2 cores',
  },
  {
    take: 64,
    when: ({ machine }) => machine.cores > 1,
    why: () => 'two cores make some 100 images of 64 pixels a second',
    source: 'docs/performance.md',
  },
  {
    take: 32,
    when: () => true,
    why: () => 'one core makes some hundreds of images of 32 pixels a second',
    source: 'docs/performance.md',
  },
];

/** Channels of the networks, for recipes of {@link WIDE}; the recipe's own where none applies. */
export const WIDTH_RULES: readonly Rule<number>[] = [
  {
    take: 64,
    when: hasGpu,
    why: () => 'the paper’s width: with it a GPU made 25,409 images of 64 pixels a second',
    source: 'docs/cuda.md',
  },
];

/** Recipes whose `width` is that of Radford et al. 2016. */
export const WIDE: readonly string[] = ['dcgan', 'hinge', 'cgan', 'acgan'];

/** How D's images are changed, for recipes with `augment`; not at all where none applies. */
export const AUGMENT_RULES: readonly Rule<string>[] = [
  {
    take: 'ada',
    when: ({ data }) => data.kind === 'images' && data.count < 5_000,
    why: ({ data }) =>
      `${data.count} images are few: D learns by heart what it sees several hundred times, and ADA had a third of the FID then`,
    source: 'docs/families.md',
  },
];

/** The most images a step; the recipe's own where none applies. */
export const BATCH_RULES: readonly Rule<number>[] = [
  {
    take: 16,
    when: ({ machine }) => machine.memoryBytes < 2 * 2 ** 30,
    why: () => 'there is less than 2 GiB of memory, and 64 images of 64 pixels a step take 0.7 GB',
    source: 'docs/performance.md',
  },
];

/** Images to see in all, however long that takes. */
export const IMAGES_RULES: readonly Rule<number>[] = [
  {
    take: 20_000,
    when: ({ data }) => data.kind !== 'images',
    why: () => 'twice the recipe’s default, a pair a step',
    source: 'docs/gallery.md',
  },
  {
    take: 3_000_000,
    when: (facts) => hasGpu(facts) && sideOf(facts) >= 128,
    why: () => 'an eighth of the paper’s 25 million',
    source: 'Karras et al. 2020',
  },
  {
    take: 1_200_000,
    when: () => true,
    why: () => '20 epochs of 60,000 images took the FID on Fashion-MNIST from 1.9 to 0.61',
    source: 'README.md, Is it any good?',
  },
];
