import { type nn, recipes } from '../../src';
import type { DataSpecs } from '../../src/data/dataset';
import { parseConfig } from '../../src/recipes/config';
import type { ByNetwork, NetworkSizes } from '../task';

/** A recipe's networks and phases; no averaged weights, which the peers do not have. */
export function buildModel(sizes: NetworkSizes) {
  const { fields, build } = recipes[sizes.model];
  const set = { ...settingsOf(sizes), emaImages: '0' };
  return build(parseConfig(fields, { set }), specsOf(sizes));
}

/** The images of batches: `a` and `b` for a model that makes images of images. */
export function specsOf({ model, channels, resolution }: NetworkSizes): DataSpecs {
  const spec = { channels, height: resolution, width: resolution, classes: 0 };
  return model === 'pix2pix' || model === 'cyclegan' ? { a: spec, b: spec } : { images: spec };
}

/** Trainable parameters of each network that has some. */
export function sizesOf(networks: Readonly<Record<string, nn.Module>>): ByNetwork {
  const size = (network: nn.Module) => network.parameters().reduce((sum, { numel }) => sum + numel, 0);
  const sizes = Object.entries(networks).map(([name, network]) => [name, size(network)] as const);
  return Object.fromEntries(sizes.filter(([, count]) => count > 0));
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
