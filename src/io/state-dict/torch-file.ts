import type { PickleValue, StorageReference } from './values';

/** A file of `torch.save`, opened: what it holds, and where its numbers are. */
export interface TorchFile {
  readonly root: PickleValue;
  /** What lies in the file under a storage's name, all of it. */
  load(storage: StorageReference): Promise<Uint8Array>;
}
