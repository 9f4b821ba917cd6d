// On paper: what share of a step of StyleGAN2 at 256² on 8 GPUs is left for learning, when the averaging of gradients is not hidden. Nothing here
// was measured but the bytes, which are those of the library's own networks and buckets.
//   npx ts-node benchmarks/parallel-efficiency.ts      prints Markdown
import { manualSeed, recipes, scope } from '../src';
import { bucketsOf } from '../src/parallel/buckets';
import { parseConfig } from '../src/recipes/config';
import type { Tensor } from '../src/tensor/tensor';

const GPUS = 8;
const BATCH = 8;
const RESOLUTION = 256;

/** What connects the GPUs, as a ring: bytes a second of its slowest link, seconds of one all-reduce however small. */
interface Link {
  readonly name: string;
  readonly bandwidth: number;
  readonly latency: number;
}

/** How long a GPU learns from an image, in seconds, how many bytes a second its memory moves, and what connects eight of them. */
interface Gpu {
  readonly name: string;
  readonly image: number;
  readonly memory: number;
  readonly links: readonly Link[];
}

const NETWORK: Link = { name: '100 Gbit/s, 11 GB/s', bandwidth: 11e9, latency: 150e-6 };

/** A ring by NVLink of that many GB/s. */
function nvlink(gigabytes: number): Link {
  return { name: `NVLink, ${gigabytes} GB/s`, bandwidth: 1e9 * gigabytes, latency: 30e-6 };
}

/** The first has published times: 21.6 s for 1,000 images (the README of stylegan2-ada-pytorch: 256², one V100). */
const GPUS_TRIED: readonly Gpu[] = [
  { name: 'V100', image: 21.6e-3, memory: 0.8e12, links: [nvlink(100), NETWORK] },
  { name: 'one 4 × as fast', image: 21.6e-3 / 4, memory: 2.5e12, links: [nvlink(350), NETWORK] },
];

/** Small all-reduces a step, of losses, mean w and mean path length; and what processes tell each other by the host, spread over steps. */
const SMALL = 2 + 1 / 16 + 1 / 4 + 1 + 2 / 4;
const HOST = 5e-3 * (1 / 10 + 1 / 16);
/** A flat copy, the division by the number of processes, and back: each reads and writes. */
const PASSES = 6;

interface Volume {
  readonly parameters: number;
  readonly bytes: number;
  readonly buckets: number;
}

function volumeOf(tensors: readonly Tensor[]): Volume {
  const buckets = bucketsOf(tensors, (dtype) => dtype);
  const parameters = buckets.reduce((sum, { elements }) => sum + elements, 0);
  return { parameters, bytes: 4 * parameters, buckets: buckets.length };
}

/** The networks of the paper's size, and how often a step averages the gradients of each. */
function networks(): { name: string; volume: Volume; often: number; told: string }[] {
  manualSeed(1);
  const image = { images: { channels: 3, height: RESOLUTION, width: RESOLUTION, classes: 0 } };
  const { fields, build } = recipes.stylegan2;
  const config = parseConfig(fields, { set: { size: 'paper' } });
  const { generator, discriminator } = build(config, image).networks;
  const [gammaEvery, pathEvery] = [Number(config.gammaEvery), Number(config.pathEvery)];
  return [
    {
      name: 'G',
      volume: volumeOf(generator.parameters()),
      often: 1 + 1 / pathEvery,
      told: `1 + 1/${pathEvery} (path length)`,
    },
    {
      name: 'D',
      volume: volumeOf(discriminator.parameters()),
      often: 1 + 1 / gammaEvery,
      told: `1 + 1/${gammaEvery} (R1)`,
    },
  ];
}

function row(...cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function main(): void {
  const all = networks();
  row('network', 'parameters', 'MB of gradients', 'buckets', 'averaged a step');
  row('---', '---', '---', '---', '---');
  for (const { name, volume, told } of all)
    row(name, volume.parameters.toLocaleString('en'), (volume.bytes / 1e6).toFixed(1), volume.buckets, told);
  const bytes = all.reduce((sum, { volume, often }) => sum + often * volume.bytes, 0);
  const calls = all.reduce((sum, { volume, often }) => sum + often * volume.buckets, 0) + SMALL;
  console.log(`\n${(bytes / 1e6).toFixed(0)} MB and ${calls.toFixed(1)} all-reduces a step\n`);
  row(
    'GPUs',
    'between them',
    'step alone, ms',
    'on the way, ms',
    'copies, ms',
    'host, ms',
    'share of the step',
    'efficiency',
  );
  row(...Array<string>(8).fill('---'));
  for (const { name, image, memory, links } of GPUS_TRIED)
    for (const link of links) {
      const step = BATCH * image;
      const travel = (2 * (GPUS - 1) * bytes) / GPUS / link.bandwidth + calls * link.latency;
      const copies = (PASSES * bytes) / memory;
      const whole = step + travel + copies + HOST;
      const ms = (seconds: number) => (1000 * seconds).toFixed(1);
      row(
        ...[name, link.name, ms(step), ms(travel), ms(copies), ms(HOST)],
        ...[`${((100 * (whole - step)) / whole).toFixed(1)} %`, (step / whole).toFixed(3)],
      );
    }
}

scope(main);
