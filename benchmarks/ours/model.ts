import { type nn, recipes } from '../../src';
import { parseConfig } from '../../src/recipes/config';
import type { ByNetwork, NetworkSizes } from '../task';
import { noiseFor } from './noise';
import { settingsOf } from './settings';

/** A recipe's networks and phases; no averaged weights, which the peers do not have. */
export function buildModel(sizes: NetworkSizes) {
  const { fields, build } = recipes[sizes.model];
  const set = { ...settingsOf(sizes), ...('emaImages' in fields && { emaImages: '0' }) };
  return build(parseConfig(fields, { set }), noiseFor(sizes, 2).specs);
}

/** Trainable parameters of each network that has some. */
export function sizesOf(networks: Readonly<Record<string, nn.Module>>): ByNetwork {
  const size = (network: nn.Module) => network.parameters().reduce((sum, { numel }) => sum + numel, 0);
  const sizes = Object.entries(networks).map(([name, network]) => [name, size(network)] as const);
  return Object.fromEntries(sizes.filter(([, count]) => count > 0));
}
