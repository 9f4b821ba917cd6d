import type { LoadedModel } from '../training/load';

/** The names of the classes that users of an export choose from; none where a model takes no label of the data, as one whose classes are a code of its own. */
export function chosenNames({
  sampler,
  classNames,
}: Pick<LoadedModel, 'sampler' | 'classNames'>): readonly string[] {
  return sampler.takes === 'latents' && sampler.latent.conditional ? classNames : [];
}
