import { argumentError } from '../check';
import type { Loader } from '../data/loader';
import { UsageError } from '../errors';
import { checkLabels } from './fitting-labels';
import type { Latent } from './latent';

/** What every loader can do. */
const METHODS = ['next', 'state', 'start', 'setState', 'to', 'dispose'] as const;

/** Checks that a model can be trained on a loader's batches. @throws UsageError for what is no loader, and for other classes than the model's */
export function checkLoader(loader: Loader, latent: Latent | undefined): void {
  if (typeof loader !== 'object' || loader === null) throw argumentError('fit', 'a loader', loader);
  if ('loader' in loader && typeof loader.loader === 'function')
    throw new UsageError(
      'fit expects a loader but received a data set: pass what its loader({ batch: 64 }) makes',
    );
  const missing = METHODS.find((name) => typeof loader[name] !== 'function');
  if (missing !== undefined)
    throw new UsageError(`fit expects a loader but received an object without ${missing}()`);
  checkLabels(latent, loader);
}
