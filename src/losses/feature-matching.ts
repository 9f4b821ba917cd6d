import { UsageError } from '../errors';
import type { Tensor } from '../tensor/tensor';
import { total } from './total';

/**
 * Feature matching (Salimans et al. 2016), a loss of the generator: ‖E[f(x)] − E[f(G(z))]‖², the mean over the batch and the sum
 * over all features of [N, …]; of several layers, the sum. The real features are taken as they are: no gradient reaches them.
 *
 * @throws UsageError for lists of different lengths
 */
export function featureMatching(real: Tensor | readonly Tensor[], fake: Tensor | readonly Tensor[]): Tensor {
  const [wanted, found] = [listed(real), listed(fake)];
  if (wanted.length !== found.length)
    throw new UsageError(
      `featureMatching expected features of as many real as fake layers but received ${wanted.length} and ${found.length}`,
    );
  return total(
    ...wanted.map((features, layer) => features.detach().mean(0).sub(found[layer].mean(0)).square().sum()),
  );
}

function listed(features: Tensor | readonly Tensor[]): readonly Tensor[] {
  return 'handle' in features ? [features] : features;
}
