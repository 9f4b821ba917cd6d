import type { Dataset } from '../data/dataset';
import type { Batch, Loader } from '../data/loader';
import { datasetImages } from '../metrics/image-source';
import { keep, scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';

/** The first so many images of each name of a data set, on a device: the caller's. */
export async function firstImages(
  { parts }: Dataset,
  { count, device }: { readonly count: number; readonly device: string },
): Promise<Batch> {
  const makers = await Promise.all(
    Object.entries(parts).map(async ([name, part]) => {
      const images = await datasetImages(part, { device }).fetch(0, Math.min(count, part.count));
      return [name, images] as const;
    }),
  );
  return scope(() => keep(Object.fromEntries(makers.map(([name, make]) => [name, make()]))));
}

/** The first so many examples of a loader's first epoch, where it has as many; its place is afterwards as it was. The caller's. */
export async function firstExamples(loader: Loader, count: number): Promise<Batch> {
  const place = loader.state();
  loader.setState(loader.start());
  const batches: Batch[] = [];
  try {
    const wanted = Math.min(Math.ceil(count / loader.batch), loader.batchesPerEpoch);
    while (batches.length < wanted) batches.push(await loader.next());
    return scope(() =>
      keep(
        Object.fromEntries(
          Object.keys(batches[0]).map((name) => {
            const all = cat(batches.map((batch) => batch[name]));
            return [name, all.narrow(0, { start: 0, length: Math.min(count, all.shape[0]) }).clone()];
          }),
        ),
      ),
    );
  } finally {
    for (const batch of batches) for (const tensor of Object.values(batch)) tensor.dispose();
    loader.setState(place);
  }
}
