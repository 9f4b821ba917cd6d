import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { testDevice } from './fixtures';
import { StyleGenerator } from './style-recipe';

/** A small style network in evaluation mode, on the tests' device, for as long as `body` runs; its scope holds what that makes. */
export function withStyleNetwork(body: (network: StyleGenerator) => void, seed = 5): void {
  manualSeed(seed);
  const network = new StyleGenerator({
    channels: 1,
    resolution: 16,
    latentSize: 8,
    styleSize: 6,
    width: 8,
  });
  network.to({ device: testDevice }).eval();
  try {
    scope(() => body(network));
  } finally {
    network.dispose();
  }
}
