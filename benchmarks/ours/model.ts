import { type data, type nn, recipes } from '../../src';
import { parseConfig } from '../../src/recipes/config';
import type { ByNetwork, NetworkSizes } from '../task';

/** A recipe's networks and phases; no averaged weights, which the peers do not have. */
export function buildModel(sizes: NetworkSizes) {
  const { fields, build } = recipes[sizes.model];
  const set = { ...settingsOf(sizes), emaImages: '0' };
  return build(parseConfig(fields, { set }), specsOf(sizes));
}

/** Trainable parameters of each network that has some. */
export function sizesOf(networks: Readonly<Record<string, nn.Module>>): ByNetwork {
  const size = (network: nn.Module) => network.parameters().reduce((sum, { numel }) => sum + numel, 0);
  const sizes = Object.entries(networks).map(([name, network]) => [name, size(network)] as const);
  return Object.fromEntries(sizes.filter(([, count]) => count > 0));
}

function specsOf({ model, channels, resolution }: NetworkSizes): data.DataSpecs {
  const spec = { channels, height: resolution, width: resolution, classes: 0 };
  return recipes[model].data === undefined ? { images: spec } : { a: spec, b: spec };
}

function settingsOf(sizes: NetworkSizes): Record<string, string> {
  const width = String(sizes.width);
  switch (sizes.model) {
    case 'dcgan':
      return { width, latentSize: String(sizes.latentSize) };
    case 'mlp':
      return { latentSize: String(sizes.latentSize) };
    case 'pix2pix':
      return { width };
    case 'cyclegan':
      return { width, blocks: String(sizes.blocks), pool: String(sizes.pool) };
  }
}
