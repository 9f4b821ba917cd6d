import { EXTRAS } from './extras';
import type { Loop } from './flops';
import { stepFlops } from './flops';
import { layersOf } from './networks';
import { PEERS, type PeerName, peer } from './peers';
import { stepOf } from './steps';
import type {
  CycleganSizes,
  DenoiseSizes,
  Effort,
  LatentSizes,
  ModernSizes,
  NetworkSizes,
  Pix2pixSizes,
  Precision,
  ResidualSizes,
  SampleTask,
  StyleSizes,
  SuperResolutionSizes,
  Task,
  TrainTask,
  VaeSizes,
} from './task';

/** What can be measured, with a line for `--help`. */
export const SUITES = {
  ops: 'nanoseconds of add, matmul and conv2d on tiny tensors, with the release of the result',
  mlp: "the vanilla GAN's full D + G step on 1×28×28, batch 64",
  dcgan32: 'a DCGAN of width 32 on 1×32×32, batch 64 and 128, full D + G step',
  dcgan64:
    'the DCGAN of width 64 on 3×64×64, batch 64, on CUDA 256 and 1,024 as well, full D + G step, and peak memory',
  sngan32: 'SNGAN of width 16 on 3×32×32, batch 64, two steps of D with spectral norm for one of G',
  'wgan-gp32':
    'WGAN-GP of width 32 on 3×32×32, batch 64, five critic steps with a gradient penalty for one of G',
  projection32:
    'the projection GAN of width 16 and ten classes on 3×32×32, batch 64, two steps of D for one of G',
  modern32: 'the modern recipe of width 16 on 3×32×32, batch 64, R1 and R2 in every step',
  vae: 'the VAE 784-400-20-400-784, batch 128',
  stylegan64:
    'StyleGAN2 of width 16 on 3×64×64, batch 16, full D + G step with style mixing, R1 every 16th and path lengths every 4th',
  pix2pix64: 'pix2pix of width 32 on pairs of 3×64×64, batch 1 and 16, full D + G step',
  cyclegan64:
    'CycleGAN of width 32 with 6 blocks on 3×64×64, batch 1 and 16, full D + G step with pools and identity term',
  'super-resolution':
    'super-resolution of width 32 with 8 blocks, ×4 from patches of 3×24×24, batch 16, with the shrinking of its images',
  denoise: 'DnCNN of width 32 with 10 convolutions on 3×40×40, batch 32, with the drawing of its noise',
  sample: "images a second of dcgan64's generator in evaluation mode, batch 64",
  data: 'the loader alone on 1×32×32, against what the dcgan32 training consumes',
  extras:
    'what spectral norm, gradient penalty, R1 and path lengths add to the steps of a training, in percent',
  import: 'milliseconds from import to the first result',
} as const;

/** The name of a suite. */
export type SuiteName = keyof typeof SUITES;

/** Every suite, in order. */
export const SUITE_NAMES = Object.keys(SUITES) as SuiteName[];

/** A number that a suite measures. */
export interface Figure {
  /** Its name in {@link Measured}. */
  readonly key: string;
  readonly title: string;
  readonly unit: 'images/s' | 'ns' | 'ms' | 'MB' | '%';
  readonly better: 'higher' | 'lower';
}

/** This library, a peer, or this library's own training as what a loader has to feed. */
export type ParticipantName = 'libtorch-gan' | 'training' | PeerName;

/** Who is measured, on what. */
export interface Participant {
  readonly name: ParticipantName;
  /** What tables call it. */
  readonly label: string;
  /** Null where it does not matter. */
  readonly precision: Precision | null;
  readonly task: Task;
  /** Takes part in the first round only. */
  readonly once: boolean;
  /** FLOPs of one step of this participant's task; null where they are no measure. */
  readonly flops: number | null;
}

/** Participants that are measured in turn, ours first. */
export interface Group {
  readonly suite: SuiteName;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** The networks that all must have; null where there are none. */
  readonly networks: NetworkSizes | null;
  readonly participants: readonly Participant[];
}

/** What to measure, and how long. */
export interface Plan {
  readonly suites: readonly SuiteName[];
  /** Null: the ones that make sense, without the slow ones. */
  readonly against: readonly PeerName[] | null;
  readonly precisions: readonly Precision[];
  readonly device: string;
  readonly threads: number;
  readonly seconds: number;
}

const IMAGES: Figure = { key: 'imagesPerSecond', title: '', unit: 'images/s', better: 'higher' };
const DCGAN64: LatentSizes = { model: 'dcgan', channels: 3, resolution: 64, width: 64, latentSize: 100 };
const DCGAN32: LatentSizes = { model: 'dcgan', channels: 1, resolution: 32, width: 32, latentSize: 100 };
const MLP: LatentSizes = { model: 'mlp', channels: 1, resolution: 28, width: 0, latentSize: 100 };
const WGAN_GP32: LatentSizes = { model: 'wgan-gp', channels: 3, resolution: 32, width: 32, latentSize: 100 };
const SNGAN32: ResidualSizes = {
  model: 'sngan',
  channels: 3,
  resolution: 32,
  width: 16,
  growth: 8,
  latentSize: 128,
  classes: 0,
};
const PROJECTION32: ResidualSizes = { ...SNGAN32, model: 'projection', classes: 10 };
const MODERN32: ModernSizes = {
  model: 'modern',
  channels: 3,
  resolution: 32,
  width: 16,
  maxWidth: 128,
  latentSize: 64,
  expansion: 2,
  groupSize: 16,
};
const VAE: VaeSizes = { model: 'vae', channels: 1, resolution: 28, hidden: 400, latentSize: 20 };
const STYLEGAN64: StyleSizes = {
  model: 'stylegan2',
  channels: 3,
  resolution: 64,
  width: 16,
  maxWidth: 128,
  latentSize: 128,
  mapping: 2,
};
/** Steps in which each lazy penalty comes as often as it should, twice. */
const LAZY_STEPS = 32;
const PIX2PIX64: Pix2pixSizes = { model: 'pix2pix', channels: 3, resolution: 64, width: 32 };
const CYCLEGAN64: CycleganSizes = {
  model: 'cyclegan',
  channels: 3,
  resolution: 64,
  width: 32,
  blocks: 6,
  pool: 50,
};

const SUPER_RESOLUTION: SuperResolutionSizes = {
  model: 'super-resolution',
  channels: 3,
  resolution: 96,
  scale: 4,
  width: 32,
  blocks: 8,
};
const DENOISE: DenoiseSizes = { model: 'denoise', channels: 3, resolution: 40, width: 32, depth: 10 };

/** Every group of a plan with its participants, in order. */
export function groupsOf(plan: Plan): Group[] {
  return plan.suites.flatMap((suite) => BUILDERS[suite](plan));
}

const BUILDERS: Readonly<Record<SuiteName, (plan: Plan) => Group[]>> = {
  ops: (plan) => [
    {
      suite: 'ops',
      title: 'ops',
      figures: ['add', 'matmul', 'conv2d'].map((key) => ({ key, title: key, unit: 'ns', better: 'lower' })),
      networks: null,
      participants: plain(plan, { kind: 'ops', seconds: plan.seconds, ...placed(plan) }),
    },
  ],
  mlp: (plan) => [training(plan, { suite: 'mlp', sizes: MLP, batch: 64 })],
  dcgan32: (plan) => [64, 128].map((batch) => training(plan, { suite: 'dcgan32', sizes: DCGAN32, batch })),
  dcgan64: (plan) =>
    (plan.device === 'cpu' ? [64] : [64, 256, 1_024]).map((batch) =>
      training(plan, { suite: 'dcgan64', sizes: DCGAN64, batch }),
    ),
  sngan32: (plan) => [training(plan, { suite: 'sngan32', sizes: SNGAN32, batch: 64 })],
  'wgan-gp32': (plan) => [training(plan, { suite: 'wgan-gp32', sizes: WGAN_GP32, batch: 64 })],
  projection32: (plan) => [training(plan, { suite: 'projection32', sizes: PROJECTION32, batch: 64 })],
  modern32: (plan) => [training(plan, { suite: 'modern32', sizes: MODERN32, batch: 64 })],
  vae: (plan) => [training(plan, { suite: 'vae', sizes: VAE, batch: 128 })],
  stylegan64: (plan) => [training(plan, { suite: 'stylegan64', sizes: STYLEGAN64, batch: 16 })],
  pix2pix64: (plan) =>
    [1, 16].map((batch) => training(plan, { suite: 'pix2pix64', sizes: PIX2PIX64, batch })),
  cyclegan64: (plan) =>
    [1, 16].map((batch) => training(plan, { suite: 'cyclegan64', sizes: CYCLEGAN64, batch })),
  'super-resolution': (plan) => [
    training(plan, { suite: 'super-resolution', sizes: SUPER_RESOLUTION, batch: 16 }),
  ],
  denoise: (plan) => [training(plan, { suite: 'denoise', sizes: DENOISE, batch: 32 })],
  sample: (plan) => [sampling(plan)],
  data: (plan) => [true, false].map((resident) => loading(plan, resident)),
  extras: (plan) => [extrasOf(plan)],
  import: (plan) => [
    {
      suite: 'import',
      title: 'import',
      figures: [
        { key: 'firstOp', title: 'to first op', unit: 'ms', better: 'lower' },
        { key: 'process', title: 'whole process', unit: 'ms', better: 'lower' },
      ],
      networks: null,
      participants: plain(plan, { kind: 'import' }),
    },
  ],
};

interface Training {
  readonly suite: SuiteName;
  readonly sizes: NetworkSizes;
  /** Images; of two kinds that many of each. */
  readonly batch: number;
}

function training(plan: Plan, { suite, sizes, batch }: Training): Group {
  const place = plan.device === 'cpu' ? 'peak memory' : 'peak device memory';
  const memory: Figure = { key: 'peakMemory', title: place, unit: 'MB', better: 'lower' };
  const layers = layersOf(sizes);
  const step = stepOf({ kind: 'train', model: sizes.model });
  // No formula says what the derivative of a lazy penalty's derivative costs.
  const lazy = sizes.model === 'stylegan2';
  const participants = participantsOf(plan, sizes.model, (precision, effort, loop) => {
    const own = effort.batch ?? batch;
    const task: TrainTask = {
      kind: 'train',
      ...sizes,
      batch: own,
      precision,
      ...effort.effort,
      ...(lazy && { minSteps: LAZY_STEPS }),
      ...placed(plan),
      countFlops: !lazy,
    };
    return { task, flops: lazy ? null : stepFlops(layers, step, loop) * own };
  });
  return {
    suite,
    title: `${suite}, batch ${batch}`,
    figures: suite === 'dcgan64' ? [IMAGES, memory] : [IMAGES],
    networks: sizes,
    participants,
  };
}

function sampling(plan: Plan): Group {
  const flops = stepFlops(layersOf(DCGAN64), stepOf({ kind: 'sample', model: 'dcgan' }), 'ours');
  const participants = participantsOf(plan, 'dcgan', (precision, effort) => {
    const batch = effort.batch ?? 64;
    const task: SampleTask = {
      kind: 'sample',
      ...DCGAN64,
      batch,
      precision,
      ...effort.effort,
      ...placed(plan),
    };
    return { task, flops: flops * batch };
  });
  return { suite: 'sample', title: 'sample, batch 64', figures: [IMAGES], networks: DCGAN64, participants };
}

/** The loader against this library's own training, in each precision: the ratio says how many times it feeds it. */
function loading(plan: Plan, resident: boolean): Group {
  const { channels, resolution } = DCGAN32;
  const common = { batch: 64, ...effortOf(plan, false).effort, ...placed(plan) };
  const [loader] = plain(plan, { kind: 'data', channels, resolution, resident, ...common }, []);
  const trainings = plan.precisions.map((precision): Participant => {
    const task: TrainTask = { kind: 'train', ...DCGAN32, ...common, precision, countFlops: false };
    return {
      name: 'training',
      label: `dcgan32 training ${precision}`,
      precision,
      task,
      once: false,
      flops: null,
    };
  });
  return {
    suite: 'data',
    title: `data, ${resident ? 'kept on the device' : 'read as needed'}`,
    figures: [IMAGES],
    networks: null,
    participants: [loader, ...trainings],
  };
}

/** This library alone, with and without. */
function extrasOf(plan: Plan): Group {
  const figures = Object.entries(EXTRAS).map(
    ([key, { title }]): Figure => ({ key, title, unit: '%', better: 'lower' }),
  );
  const participants = plan.precisions.map((precision): Participant => {
    const task: Task = { kind: 'extras', precision, seconds: plan.seconds, ...placed(plan) };
    const label = `libtorch-gan ${precision}`;
    return { name: 'libtorch-gan', label, precision, task, once: false, flops: null };
  });
  return { suite: 'extras', title: 'extras', figures, networks: null, participants };
}

interface OwnEffort {
  readonly effort: Effort;
  /** Instead of the group's. */
  readonly batch: number | null;
}

function effortOf({ device, seconds }: Plan, slow: boolean): OwnEffort {
  if (slow) return { effort: { warmUp: 0, seconds: 0, minSteps: 1 }, batch: 2 };
  // Compilers and graph captures take more calls than one.
  return { effort: { warmUp: device === 'cpu' ? 4 : 24, seconds, minSteps: 3 }, batch: null };
}

function placed({ device, threads }: Plan) {
  return { device, threads };
}

/** This library and those of its peers that have the model, each in every precision it has. */
function participantsOf(
  plan: Plan,
  model: NetworkSizes['model'],
  build: (precision: Precision, effort: OwnEffort, loop: Loop) => Pick<Participant, 'task' | 'flops'>,
): Participant[] {
  const { precisions } = plan;
  const ours = precisions.map((precision): Participant => {
    const built = build(precision, effortOf(plan, false), 'ours');
    return { name: 'libtorch-gan', label: `libtorch-gan ${precision}`, precision, once: false, ...built };
  });
  const peers = peersOf(plan).flatMap((name) => {
    const { precisions: known, loops, slow } = peer(name);
    const loop = loops[model];
    if (loop === undefined) return [];
    const shared = precisions.filter((precision) => known.includes(precision));
    return (shared.length > 0 ? shared : known).map(
      (precision): Participant => ({
        name,
        label: `${name} ${precision}`,
        precision,
        once: slow,
        ...build(precision, effortOf(plan, slow), loop),
      }),
    );
  });
  return [...ours, ...peers];
}

/** Participants of a suite that knows no precision. There is but one PyTorch then. */
function plain(plan: Plan, task: Task, peers: readonly PeerName[] = peersOf(plan)): Participant[] {
  const torch = peers.find((name) => name.startsWith('pytorch-'));
  const others = peers.filter((name) => name === torch || !name.startsWith('pytorch-'));
  return ['libtorch-gan' as const, ...others].map((name) => ({
    name,
    label: name.startsWith('pytorch-') ? 'pytorch' : name,
    precision: null,
    task,
    once: false,
    flops: null,
  }));
}

function peersOf({ against, device }: Plan): readonly PeerName[] {
  if (against) return against;
  const kind = device === 'cpu' ? 'cpu' : 'cuda';
  return PEERS.filter((name) => !peer(name).slow && peer(name).devices.includes(kind));
}
