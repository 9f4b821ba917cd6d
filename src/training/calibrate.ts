import { conv2d, convTranspose2d } from '../nn/conv';
import { linear } from '../nn/linear';
import type { Module } from '../nn/module';
import { sequential } from '../nn/sequential';
import { flatten } from '../nn/shape';
import { autocast, enableGrad, noGrad } from '../tensor/autograd';
import { randn } from '../tensor/create';
import { synchronize } from '../tensor/device';
import { Generator, getRngState, setRngState } from '../tensor/random';
import { scope } from '../tensor/scope';
import { Tensor } from '../tensor/tensor';
import type { Precision } from './manifest';
import type { Networks } from './phase';
import type { PrecisionTimes } from './precision';

/** What is measured: a model's networks, and what feeds its generator. */
export interface CalibrationModel {
  readonly networks: Networks;
  /** The generator's name among the networks. */
  readonly generator: string;
  readonly device: string;
  /** Images a step: no more are measured with. */
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
 * Times a forward and backward pass in both precisions: through copies of the model's own networks, the generator on latents and
 * the others on its images, where they take those; else through two convolutions and a matrix product. Neither the networks nor
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
  const made = copyNetworks(model);
  const subject = () => {
    const own = ownSubject(model, made, random);
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
  makeInput(images: number): Tensor;
  /** What the last networks make of an input. */
  forward(input: Tensor): readonly Tensor[];
}

function timeBoth(
  subject: Subject,
  { model: { device, batch }, now }: { readonly model: CalibrationModel; readonly now: () => number },
): PrecisionTimes {
  const time = (precision: Precision, input: Tensor) => {
    synchronize(device);
    const start = now();
    pass(subject, { precision, input, device });
    synchronize(device);
    return now() - start;
  };
  const begin = now();
  const few = subject.makeInput(Math.min(batch, FEW_IMAGES));
  // Kernels and buffers are made on first use.
  time('fp32', few);
  const perImage = time('fp32', few) / few.shape[0];
  const images = Math.max(few.shape[0], Math.min(batch, Math.round(PASS_MS / perImage)));
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
  { precision, input, device }: { precision: Precision; input: Tensor; device: string },
): void {
  const loss = () =>
    forward(input)
      .map((end) => end.float().square().mean())
      .reduce((sum, end) => sum.add(end));
  scope(() => (precision === 'bf16' ? autocast({ device }, loss) : loss()).backward());
  for (const network of networks) network.zeroGrad();
}

/** The generator's copy first. */
function copyNetworks({ networks, generator }: CalibrationModel): Module[] {
  const names = Object.keys(networks).sort((a, b) => Number(b === generator) - Number(a === generator));
  return names.map((name) => networks[name].clone().train());
}

/** The generator, and those of the others that take its images alone; null where it does not take latents alone. */
function ownSubject(
  { networks, generator: name, drawLatents }: CalibrationModel,
  [generator, ...others]: readonly Module[],
  random: Generator,
): Subject | null {
  if (!Object.hasOwn(networks, name)) return null;
  const makeInput = (images: number) => drawLatents(images, random);
  const made = attempt(() => generator.forward(makeInput(FEW_IMAGES)));
  if (made === null) return null;
  const judges = others.filter((network) => attempt(() => network.forward(made)) !== null);
  return {
    networks: [generator, ...judges],
    makeInput,
    forward: (latents) => {
      const images = generator.forward(latents);
      return judges.length > 0 ? judges.map((network) => network.forward(images)) : [images];
    },
  };
}

/** A network may want something else, labels for one: then it says so by throwing, in whatever way. */
function attempt(forward: () => Tensor): Tensor | null {
  try {
    // Without a graph, which a layer might hold on to until its weight changes: it could not be gone back through twice.
    const result: unknown = noGrad(forward);
    return result instanceof Tensor ? result : null;
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
    makeInput: (images) => randn([images, 64, 16, 16], { device }).to({ memoryFormat }),
    forward: (input) => [network.forward(input)],
  };
}
