import { historicalAverage } from '../losses/historical-average';
import { type Term, weighted } from '../losses/total';
import type { Module } from '../nn/module';
import { number } from './config';

/** `--set historical=…`: the weight of historical averaging. */
export const historical = number(0, {
  min: 0,
  help: 'λ, holds both networks near the mean of what they were, 0 for none',
});

/** Historical averaging of both networks. */
export interface Averaging {
  /** To be among the model's: the means are saved with them. */
  readonly networks: Readonly<Record<string, Module>>;
  /** What is added to a network's loss; null for nothing. */
  readonly anchor: (network: 'discriminator' | 'generator') => Term;
}

/** Historical averaging (Salimans et al. 2016): λ ‖θ − (1/t) Σ θᵢ‖² in each network's own loss, the means as networks of their own. */
export function averaging(
  config: { readonly historical: number },
  { discriminator, generator }: { readonly discriminator: Module; readonly generator: Module },
): Averaging {
  const λ = config.historical;
  if (λ === 0) return { networks: {}, anchor: () => null };
  const histories = {
    discriminator: historicalAverage(discriminator),
    generator: historicalAverage(generator),
  };
  return {
    networks: { discriminatorHistory: histories.discriminator, generatorHistory: histories.generator },
    anchor: (network) => weighted(λ, () => histories[network].penalty()),
  };
}
