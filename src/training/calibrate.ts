import type { DataSpecs } from '../data/dataset';
import { conv2d, convTranspose2d } from '../nn/conv';
import { linear } from '../nn/linear';
import type { Module } from '../nn/module';
import { sequential } from '../nn/sequential';
import { flatten } from '../nn/shape';
import { autocast, enableGrad, noGrad } from '../tensor/autograd';
import { rand, randn } from '../tensor/create';
import { synchronize } from '../tensor/device';
import { Generator, getRngState, setRngState } from '../tensor/random';
import { handTo, openScope, scope } from '../tensor/scope';
import { Tensor } from '../tensor/tensor';
import type { Makers } from './made-tensors';
import type { Precision } from './manifest';
import type { MakeSource } from './model';
import type { PrecisionTimes } from './precision';

/** What is measured: a model's networks, what they make, and what that is made of. */
export interface CalibrationModel extends Makers {
  /** The images of batches, by name; nothing where only latents are taken in. */
  readonly specs: DataSpecs;
  readonly device: string;
  /** Examples a step: no more are measured with. */
  readonly batch: number;
  readonly memoryFormat: 'contiguous' | 'channels_last';
  drawLatents(count: number, generator: Generator): Tensor;
}

/** For all rounds together. */
const BUDGET_MS = 1_000;
/** What a pass aims at, by its number of images. */
const PASS_MS = 60;
const MOST_ROUNDS = 15;
/** Enough to tell how long a batch would take; batch norm wants more than one. */
const FEW_IMAGES = 4;

/**
 * Times a forward and backward pass in both precisions: through copies of the model's own networks, those that make something on
 * latents and random images, and the others on what is made, where they take that; else through two convolutions and a matrix product. Neither the networks nor
 * any random generator notice. Takes about a second, or a few passes of four images where those take longer.
 *
 * @param now - the time in milliseconds (`performance.now`)
 */
export function measurePrecisions(
  model: CalibrationModel,
  now: () => number = () => performance.now(),
): PrecisionTimes {
  const states = [...new Set(['cpu', model.device])].map((name) => [name, getRngState(name)] as const);
  const random = new Generator({ device: model.device });
  const copies = new Map(Object.entries(model.networks).map(([name, network]) => [name, network.clone()]));
  const made = [...copies.values()];
  const subject = () => {
    const own = ownSubject(model, copies, random);
    if (own) return own;
    const other = standIn(model);
    made.push(...other.networks);
    return other;
  };
  try {
    return scope(() => enableGrad(() => timeBoth(subject(), { model, now })));
  } finally {
    for (const network of made) network.dispose();
    random.dispose();
    for (const [name, state] of states) setRngState(state, name);
  }
}

/** What a pass goes through. */
interface Subject {
  readonly networks: readonly Module[];
  makeInput(count: number): MakeSource;
  /** What the last networks make of an input. */
  forward(input: MakeSource): readonly Tensor[];
}

function timeBoth(
  subject: Subject,
  { model: { device, batch }, now }: { readonly model: CalibrationModel; readonly now: () => number },
): PrecisionTimes {
  const time = (precision: Precision, input: MakeSource) => {
    synchronize(device);
    const start = now();
    pass(subject, { precision, input, device });
    synchronize(device);
    return now() - start;
  };
  const begin = now();
  const least = Math.min(batch, FEW_IMAGES);
  const few = subject.makeInput(least);
  // Kernels and buffers are made on first use.
  time('fp32', few);
  const perImage = time('fp32', few) / least;
  const images = Math.max(least, Math.min(batch, Math.round(PASS_MS / perImage)));
  const input = subject.makeInput(images);
  const both = () => ({ fp32: time('fp32', input), bf16: time('bf16', input) });
  both();
  const rounds: PrecisionTimes[] = [];
  do rounds.push(both());
  while (rounds.length < MOST_ROUNDS && now() - begin < BUDGET_MS);
  // The quickest of each: what else the machine does only ever adds.
  return {
    fp32: Math.min(...rounds.map(({ fp32 }) => fp32)),
    bf16: Math.min(...rounds.map(({ bf16 }) => bf16)),
  };
}

function pass(
  { networks, forward }: Subject,
  { precision, input, device }: { precision: Precision; input: MakeSource; device: string },
): void {
  const loss = () =>
    forward(input)
      .map((end) => end.float().square().mean())
      .reduce((sum, end) => sum.add(end));
  scope(() => (precision === 'bf16' ? autocast({ device }, loss) : loss()).backward());
  for (const network of networks) network.zeroGrad();
}

/** The networks that make something, and those of the others that take what is made alone; null where nothing can be made. */
function ownSubject(
  { makes, specs, device, drawLatents }: CalibrationModel,
  copies: ReadonlyMap<string, Module>,
  random: Generator,
): Subject | null {
  const makeInput = (count: number): MakeSource => {
    const images = Object.entries(specs).map(([name, { channels, height, width }]) => {
      const drawn = rand([count, channels, height, width], { generator: random, device });
      return [name, drawn.mul(2).sub(1)] as const;
    });
    const owner = openScope();
    let latents: Tensor | undefined;
    return {
      batch: Object.fromEntries(images),
      // On first use: a model that takes images in has none to draw.
      get latents() {
        latents ??= handTo(owner, drawLatents(count, random));
        return latents;
      },
    };
  };
  const makeAll = (input: MakeSource): Tensor[] =>
    Object.values(makes).flatMap(({ by, from }) => {
      const given = from(input);
      const network = copies.get(by);
      const inputs: Tensor[] = [];
      return network ? [network.forward(...inputs.concat(given))] : [];
    });
  const made = attempt(() => makeAll(makeInput(FEW_IMAGES)));
  if (made === null || made.length === 0) return null;
  const makers = new Set(Object.values(makes).map(({ by }) => by));
  const own = [...copies].filter(([name]) => makers.has(name)).map(([, network]) => network);
  // What has no parameters only keeps numbers, as a running mean does, and may answer with them whatever it is given.
  const others = [...copies]
    .filter(([name, network]) => !makers.has(name) && network.parameters().length > 0)
    .map(([, network]) => network);
  const judges = others.filter(
    (network) => attempt(() => made.map((each) => network.forward(each))) !== null,
  );
  return {
    networks: [...own, ...judges],
    makeInput,
    forward: (input) => {
      const all = makeAll(input);
      return judges.length > 0 ? judges.flatMap((network) => all.map((each) => network.forward(each))) : all;
    },
  };
}

/** A network may want something else, labels for one: then it says so by throwing, in whatever way. */
function attempt(forward: () => Tensor[]): Tensor[] | null {
  try {
    // Without a graph, which a layer might hold on to until its weight changes: it could not be gone back through twice.
    const results: readonly unknown[] = noGrad(forward);
    return results.every((result): result is Tensor => result instanceof Tensor) ? [...results] : null;
  } catch {
    return null;
  }
}

/** For models whose networks want inputs that only their losses know. */
function standIn({ device, memoryFormat }: CalibrationModel): Subject {
  const network = sequential(
    conv2d(64, 128, { kernelSize: 4, stride: 2, padding: 1 }),
    convTranspose2d(128, 64, { kernelSize: 4, stride: 2, padding: 1 }),
    flatten(),
    linear(64 * 16 * 16, 256),
  ).to({ device, memoryFormat });
  return {
    networks: [network],
    makeInput: (count) => ({
      batch: {},
      latents: randn([count, 64, 16, 16], { device }).to({ memoryFormat }),
    }),
    forward: ({ latents }) => [network.forward(latents)],
  };
}
