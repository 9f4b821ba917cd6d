import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { GanError, hasCode } from '../../errors';
import { makeFolder } from '../../io/make-folder';
import type { ReadFile, TensorRecords } from '../../io/safetensors';
import { readSealed, writeSealed } from '../../io/sealed-safetensors';
import { recordsToTensors, tensorsToRecords } from '../../io/tensors';
import { writeWhole } from '../../io/whole-file';
import { type Classifier, type ClassifierOptions, classifier } from '../../models/classifier';
import { cacheFolder } from '../../native/root';
import { scope } from '../../tensor/scope';
import { untouchedRandom } from './random';
import { stateSha256 } from './state-hash';

/** A trained classifier as it is kept. */
export interface KeptClassifier {
  /** In `eval` mode and frozen; the caller disposes it. */
  readonly network: Classifier;
  /** The share of right answers on images it was not trained on; null where those could not be had. */
  readonly accuracy: number | null;
  /** Which images those were. */
  readonly heldOut: string;
  /** Of the weights. */
  readonly sha256: string;
}

/** Which classifier it is: the key of its data and recipe, and what the data set's name makes of its own. */
export interface ClassifierId {
  readonly key: string;
  /** E.g. `classifier-mnist`. */
  readonly name: string;
}

const FORMAT = 'libtorch-gan feature classifier';

/** Where a classifier is kept. */
export function classifierFile({ key, name }: ClassifierId): string {
  return join(cacheFolder(), 'features', `${name}-${key.slice(0, 16)}.safetensors`);
}

/**
 * The classifier that {@link writeClassifier} kept, or null where none can be read.
 *
 * @throws GanError `ERR_BAD_SAFETENSORS` or `ERR_STATE_DICT` when the file is damaged or holds something else
 */
export async function readClassifier(id: ClassifierId): Promise<KeptClassifier | null> {
  const file = classifierFile(id);
  const read = await readSealed(file).catch((error: unknown) => {
    if (hasCode(error, 'ERR_CANNOT_READ')) return null;
    throw error;
  });
  if (!read) return null;
  if (!isClassifier(read) || read.metadata.key !== id.key)
    throw damaged(file, 'expected a classifier of this data set and recipe, but it is something else');
  return classifierFrom(file, read);
}

/** Whether a file is one of {@link writeClassifier}'s. */
export function isClassifier({ metadata }: Pick<ReadFile, 'metadata'>): boolean {
  return metadata.format === FORMAT;
}

/**
 * The classifier in a file of {@link writeClassifier} that was read.
 *
 * @throws GanError `ERR_BAD_SAFETENSORS` or `ERR_STATE_DICT` when it is damaged
 */
export function classifierFrom(file: string, { records, metadata }: ReadFile): KeptClassifier {
  const { accuracy, held_out: heldOut = '', weights_sha256: expected } = metadata;
  const network = untouchedRandom(() => classifier(sizesOf(file, records)).to({ device: 'cpu' }));
  try {
    scope(() => network.loadStateDict(recordsToTensors(records, { device: 'cpu' })));
    const sha256 = stateSha256(network);
    if (sha256 !== expected)
      throw damaged(file, `expected weights with the sha256 ${expected}, but theirs is ${sha256}`);
    const known = accuracy === undefined ? null : Number(accuracy);
    return { network: network.eval().freeze(), accuracy: known, heldOut, sha256 };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** The sizes that the shapes of first and last layer tell. */
function sizesOf(file: string, records: TensorRecords): ClassifierOptions {
  const [first, dense, head] = ['trunk.0.weight', 'trunk.10.weight', 'head.1.weight'].map((name) => {
    if (name in records) return records[name].shape;
    throw damaged(file, `expected the tensor ${name}, but it is missing`);
  });
  return { channels: first[1], width: first[0], dimensions: dense[0], classes: head[0] };
}

function damaged(file: string, problem: string): GanError {
  return new GanError('ERR_BAD_SAFETENSORS', `bad feature classifier ${file}: ${problem}`);
}

/**
 * Keeps a classifier in the user's cache, whole or not at all.
 *
 * @throws GanError `ERR_CANNOT_WRITE`
 */
export async function writeClassifier(
  id: ClassifierId,
  { network, accuracy, heldOut, sha256 }: KeptClassifier,
): Promise<void> {
  const file = classifierFile(id);
  const records = scope(() => tensorsToRecords(network.stateDict()));
  const metadata = {
    format: FORMAT,
    key: id.key,
    ...(accuracy !== null && { accuracy: String(accuracy) }),
    held_out: heldOut,
    weights_sha256: sha256,
  };
  await writeWhole(file, async (partial) => {
    makeFolder(dirname(file));
    await writeSealed(partial, records, { metadata, fsync: true });
  });
}

/** `classifier-` and the data set's name; a folder's is its last part with a mark of the whole path. */
export function classifierName(dataset: string): string {
  const plain = dataset.replace(/^folder:/, '').replace(/\/+$/, '');
  const last = plain.slice(plain.lastIndexOf('/') + 1).replace(/[^\w.-]+/g, '-');
  return `classifier-${last || createHash('sha256').update(dataset).digest('hex').slice(0, 8)}`;
}
