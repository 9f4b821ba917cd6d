import { UsageError } from '../errors';
import { standingStatistics } from '../nn/standing-statistics';
import { Generator } from '../tensor/random';
import type { SampledNetworks } from './generated-images';
import { drawLatents } from './latent';
import type { LatentSampler } from './latent-sampler';
import type { Networks } from './phase';
import type { Sampler } from './sampler';
import { truncationOf } from './truncation';

/** Images of a batch that standing statistics are taken from, and what those are drawn by: other images must not change them. */
const BATCH = 64;
const SEED = 0x57a7;

/**
 * Takes the statistics of the batch norms of what makes images anew, over batches of latents.
 *
 * @returns what figures say of them; null for networks without batch norm
 * @throws UsageError for a model that takes images in
 */
export function takeStandingStatistics(
  networks: Networks,
  sampler: Sampler,
  { batches, device, truncation }: { batches: number; device: string; truncation?: number },
): string | null {
  if (sampler.takes !== 'latents')
    throw new UsageError('standing statistics are of images made of latents, but this model takes images in');
  const random = new Generator({ device: 'cpu', seed: SEED });
  try {
    const ofLatents = truncationOf(sampler.style(networks), { truncation }).latents;
    const drawing = { count: BATCH, generator: random, device: 'cpu', truncation: ofLatents };
    const input = () => drawLatents(sampler.latent, drawing).to(device);
    if (standingStatistics(networks[sampler.by], { batches, input }) === 0) return null;
    return `standing statistics of ${batches} × ${BATCH} latents`;
  } finally {
    random.dispose();
  }
}

/** Networks for a while. */
export interface StandingNetworks {
  readonly networks: SampledNetworks;
  /** Releases what was made for them; the networks of the training stay. */
  dispose(): void;
}

/**
 * The networks of a training as they will be used: averaged weights get the standing statistics of their sampler, in a copy of what makes images.
 */
export function asUsed(networks: SampledNetworks, sampler: LatentSampler): StandingNetworks {
  const { standingStatistics: batches, by } = sampler;
  if (batches === 0 || networks.weights === 'live') return { networks, dispose() {} };
  const copy = networks.networks[by].clone().unfreeze();
  const all = { ...networks.networks, [by]: copy };
  try {
    const standing = takeStandingStatistics(all, sampler, { batches, device: networks.device });
    return {
      networks: { ...networks, networks: all, ...(standing !== null && { batchNorm: standing }) },
      dispose: () => copy.dispose(),
    };
  } catch (error) {
    copy.dispose();
    throw error;
  }
}
