import { dataKindOf } from '../data/kind';
import { UsageError } from '../errors';
import type { LoadedModel } from '../training/load';
import type { AskedSettings } from './evaluate-settings';
import type { JudgedImages } from './judged';
import { originOf } from './judged-images';
import { notesOf } from './model-notes';
import { dataName } from './real-data';

/** Whether a model is judged by its scores, or what it makes of the images that it scores, and by nothing that it makes of latents. */
export function judgedByScores(model: LoadedModel, asked: AskedSettings): boolean {
  const { metrics } = asked;
  if (!model.scorer) return false;
  if (metrics?.scores && metrics.images.length + metrics.pairs.length === 0 && !metrics.paths) return true;
  return (
    model.sampler.takes === 'images' &&
    dataKindOf(dataName({ settings: asked, run: model.settings })) === 'images'
  );
}

/** A model that is judged by how it scores images. @throws UsageError for metrics of images that are made */
export function judgeNormality(
  model: LoadedModel,
  { metrics, weights, direction }: AskedSettings,
): JudgedImages {
  const [first] = [...(metrics?.images ?? []), ...(metrics?.pairs ?? []), ...(metrics?.paths ? ['ppl'] : [])];
  const why = `but ${model.checkpoint} is judged by how it scores those of a data set`;
  if (first !== undefined)
    throw new UsageError(`${first} is of images that are made, ${why}: try --metrics auroc`);
  if (direction !== undefined)
    throw new UsageError(`--direction is of images that are made, ${why}: leave it out`);
  const { images: spec } = model.specs;
  return {
    source: {
      count: 0,
      spec,
      fetch: async () => {
        throw new RangeError('no images are made');
      },
    },
    described: `${model.checkpoint}, by its ${model.weights} weights`,
    origin: originOf(model),
    model,
    shown: null,
    usualMetrics: ['auroc'],
    notes: notesOf(model, weights),
    dispose: () => model.dispose(),
  };
}
