import { UsageError } from '../errors';
import type { StyleNetwork } from '../nn/style-network';
import type { LatentSampler } from '../training/latent-sampler';
import { type LoadedModel, requireLatents } from '../training/load';
import type { StyledModel } from '../training/style-paths';
import { chosenClass } from './class-names';

/** A loaded model whose generator has an intermediate latent. */
export interface LoadedStyled extends StyledModel {
  readonly sampler: LatentSampler;
  readonly network: StyleNetwork;
  /** The class that was asked for. */
  readonly label: number | undefined;
}

/**
 * A model for a command that works on an intermediate latent w.
 *
 * @param command its name, for the error
 * @throws UsageError for a model without w, and a class that it does not have
 */
export function requireStyled(model: LoadedModel, command: string, label: string | undefined): LoadedStyled {
  const sampler = requireLatents(model);
  const { networks, device, checkpoint, classNames } = model;
  const network = sampler.style(networks);
  if (!network)
    throw new UsageError(
      `${command} is of models with an intermediate latent w, but ${checkpoint} makes images of its latents directly`,
    );
  const chosen = chosenClass(label, { ...sampler.latent, names: classNames });
  return { sampler, networks, device, network, label: chosen };
}
