import type { StyleChannels } from '../models/style-channels';
import { isCpu, resolveDevice } from '../tensor/device';

/** How large the networks of StyleGAN2 are. */
export type StyleSize = 'small' | 'paper';

/** What the numbers of a training of StyleGAN2 follow from. */
export interface StyleTraining {
  readonly size: StyleSize;
  /** Height and width of the images. */
  readonly side: number;
  /** Images a step. */
  readonly batch: number;
}

/** A number by a rule, or one that was set. */
export interface RuledNumber {
  readonly value: number;
  /** For the start of a training, e.g. `gamma 0.0256 = 0.0002 · 64² / 32`. */
  readonly told: string;
}

/** Sizes of the networks that a preset gives, each to be set. */
export interface StylePreset extends Pick<StyleChannels, 'width' | 'maxWidth'> {
  /** Numbers in z, and in w. */
  readonly latentSize: number;
  readonly mapping: number;
}

/**
 * The preset for a processor, or for a GPU. Only `auto` asks what the machine has: a configuration may name a device of another one.
 *
 * @param device `auto`, `cpu`, `cuda` or `cuda:N`
 */
export function usualStyleSize(device: string): StyleSize {
  return isCpu(device === 'auto' ? resolveDevice(device) : device) ? 'small' : 'paper';
}

/** Karras et al. 2020: min(32768 · f / side, 512) channels, f ½ below 512 × 512; or networks that two cores train. */
export function stylePreset(size: StyleSize, side: number): StylePreset {
  if (size === 'small')
    return { width: Math.max(8, 1024 / side), maxWidth: 128, latentSize: 128, mapping: 2 };
  const share = side < 512 ? 0.5 : 1;
  return { width: (32_768 * share) / side, maxWidth: 512, latentSize: 512, mapping: 8 };
}

/** Images a step: 4096 / side, at most 32 (Karras et al. 2020, "Training GANs with limited data", for each GPU). */
export function styleBatch(side: number): number {
  return Math.max(1, Math.min(32, Math.floor(4_096 / side)));
}

/**
 * γ · batch / side². The papers' is for networks that see millions of images. Small ones see some ten thousand, and with so weak an R1 their
 * discriminator wins early: all fakes are then one image.
 */
const GAMMA: Readonly<Record<StyleSize, number>> = { small: 0.16, paper: 0.0002 };

/** The weight of R1: 0.0002 · side² / batch (Karras et al. 2020), for small networks 0.16 · side² / batch. */
export function styleGamma({ size, side, batch }: StyleTraining, set?: number): RuledNumber {
  const factor = GAMMA[size];
  return ruled('gamma', set, {
    value: (factor * side ** 2) / batch,
    rule: `${factor} · ${side}² / ${batch}`,
  });
}

/** The half-life of the averaged weights in images: batch · 10 / 32 thousand. */
export function styleEma({ batch }: StyleTraining, set?: number): RuledNumber {
  return ruled('emaImages', set, {
    value: Math.round((batch * 10_000) / 32),
    rule: `${batch} · 10 / 32 thousand`,
  });
}

/** The learning rate: 0.0025 below 1024 × 1024. */
export function styleRate(set?: number): RuledNumber {
  return ruled('lr', set, { value: 0.0025, rule: 'the papers’ below 1024×1024' });
}

/** The batch, beside what the rule says of it. */
export function toldBatch({ side, batch }: StyleTraining): string {
  const rule = `min(4096 / ${side}, 32)`;
  const byRule = styleBatch(side);
  return batch === byRule ? `batch ${batch} = ${rule}` : `batch ${batch} (${byRule} = ${rule})`;
}

function ruled(
  name: string,
  set: number | undefined,
  { value, rule }: { readonly value: number; readonly rule: string },
): RuledNumber {
  const text = (number: number) => String(Number(number.toPrecision(4)));
  if (set === undefined) return { value, told: `${name} ${text(value)} = ${rule}` };
  return { value: set, told: `${name} ${set} (${text(value)} = ${rule})` };
}
