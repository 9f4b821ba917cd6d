import type { Batch, Loader } from '../../src/data/loader';
import { dispose } from '../../src/tensor/scope';

/** The bytes of the tensors of a batch by name. */
export function bytesOf(batch: Batch): Record<string, string> {
  return Object.fromEntries(
    Object.entries(batch).map(([name, tensor]) => [name, Buffer.from(tensor.toBytes()).toString('hex')]),
  );
}

/** What is read in the next batches of a loader, which are released. */
export async function takeEach<T>(loader: Loader, count: number, read: (batch: Batch) => T): Promise<T[]> {
  const batches: T[] = [];
  for (let i = 0; i < count; i++) {
    const batch = await loader.next();
    batches.push(read(batch));
    dispose(batch);
  }
  return batches;
}

/** The bytes of the next batches of a loader. */
export function takeBytes(loader: Loader, count: number): Promise<Record<string, string>[]> {
  return takeEach(loader, count, bytesOf);
}
