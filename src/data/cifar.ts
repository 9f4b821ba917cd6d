import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { GanError, hasCode, messageOf } from '../errors';
import { writeWhole } from '../io/whole-file';
import { dataFolder } from './cache';
import { ImageDataset } from './dataset';
import { download, type PublishedFile } from './download';
import { requireSquare } from './image-size';
import type { PublishedOptions } from './mnist';
import { computedPixels, memoryPixels } from './pixels';
import { resizeImages } from './resize';
import { readTar } from './tar';

const SIDE = 32;
const IMAGE = 3 * SIDE * SIDE;
const RECORD = 1 + IMAGE;
const PER_FILE = 10_000;

const FILES = {
  train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
  test: ['test_batch.bin'],
};

const ARCHIVE: PublishedFile = {
  file: 'cifar-10-binary.tar.gz',
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  bytes: 170_052_171,
  sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
};
/** The archive unpacked: six files of 30.73 MB and their headers. */
const UNPACKED_BYTES = 190_000_000;

const CLASS_NAMES = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

/**
 * CIFAR-10 (Krizhevsky 2009): 50,000 + 10,000 colour photographs, 32×32, in ten classes, from the binary files `data_batch_1.bin` … in
 * DATA_DIR/cifar10 or DATA_DIR/cifar-10-batches-bin; the archive (170 MB) is downloaded when they are missing. Other resolutions are
 * resized bilinearly.
 * @throws ERR_DATA_MISSING, ERR_DATA_CORRUPT naming the file.
 */
export async function cifar10({
  dataDir = dataFolder(),
  resolution = SIDE,
  split = 'train',
  progress,
}: PublishedOptions = {}): Promise<ImageDataset> {
  const side = requireSquare('cifar10', resolution);
  const folder = (await findFolder(dataDir, FILES[split])) ?? (await fetchArchive(dataDir, progress));
  const paths = FILES[split].map((file) => join(folder, file));
  const pixels = new Uint8Array(paths.length * PER_FILE * IMAGE);
  const labels = new Uint8Array(paths.length * PER_FILE);
  for (const [i, path] of paths.entries()) {
    const batch = await readCifarBatch(path, { records: PER_FILE });
    pixels.set(batch.pixels, i * PER_FILE * IMAGE);
    labels.set(batch.labels, i * PER_FILE);
  }
  const source =
    side === SIDE
      ? memoryPixels(pixels, IMAGE)
      : await computedPixels(
          {
            count: labels.length,
            imageBytes: 3 * side * side,
            draw: resizeImages({ pixels, channels: 3, from: SIDE, to: side }),
          },
          { task: 'resizing cifar10', progress },
        );
  return new ImageDataset({
    name: 'cifar10',
    channels: 3,
    height: side,
    width: side,
    pixels: source,
    labels,
    classNames: CLASS_NAMES,
    path: folder,
  });
}

/**
 * Reads one file of CIFAR-10's binary version: `records` times one label byte and 3·32·32 bytes of red, green and blue planes.
 * @throws ERR_DATA_MISSING when it cannot be read, ERR_DATA_CORRUPT when its length or a label is wrong.
 */
export async function readCifarBatch(
  path: string,
  { records }: { records: number },
): Promise<{ pixels: Uint8Array; labels: Uint8Array }> {
  const bytes = await readFile(path).catch((error: unknown) => {
    const reason = hasCode(error, 'ENOENT') ? 'does not exist' : `cannot be read: ${messageOf(error)}`;
    throw new GanError('ERR_DATA_MISSING', `${path} ${reason}; a binary CIFAR-10 file is expected there`);
  });
  if (bytes.length !== records * RECORD)
    throw corrupt(
      path,
      `${records} records of ${RECORD} bytes are ${records * RECORD} bytes, but it holds ${bytes.length}`,
    );
  const pixels = new Uint8Array(records * IMAGE);
  const labels = new Uint8Array(records);
  for (let i = 0; i < records; i++) {
    labels[i] = bytes[i * RECORD];
    if (labels[i] >= CLASS_NAMES.length)
      throw corrupt(path, `the label of record ${i} is ${labels[i]}, outside 0–${CLASS_NAMES.length - 1}`);
    pixels.set(bytes.subarray(i * RECORD + 1, (i + 1) * RECORD), i * IMAGE);
  }
  return { pixels, labels };
}

/** The first folder that has any of the files: a missing one is then named by its path. */
async function findFolder(dataDir: string, files: readonly string[]): Promise<string | null> {
  for (const folder of ['cifar10', 'cifar-10-batches-bin', join('cifar10', 'cifar-10-batches-bin')])
    for (const file of files) if (await exists(join(dataDir, folder, file))) return join(dataDir, folder);
  return null;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Unpacks the archive in DATA_DIR/cifar10; where there is none it is downloaded, and removed afterwards. */
async function fetchArchive(dataDir: string, progress: PublishedOptions['progress']): Promise<string> {
  const folder = join(dataDir, 'cifar10');
  const placedByHand = join(folder, ARCHIVE.file);
  if (await exists(placedByHand)) {
    await unpackCifar(placedByHand, folder);
    return folder;
  }
  const archive = await download({ dataset: 'cifar10', published: ARCHIVE, folder, progress });
  await unpackCifar(archive, folder);
  await rm(archive);
  return folder;
}

/**
 * Unpacks the batch files of CIFAR-10's `.tar.gz` into `folder`, each appearing only when whole.
 * @throws ERR_DATA_CORRUPT when the archive is damaged or lacks a file.
 */
export async function unpackCifar(archive: string, folder: string): Promise<void> {
  const tar = await promisify(gunzip)(await readFile(archive), {
    maxOutputLength: UNPACKED_BYTES,
    chunkSize: 2 ** 20,
  }).catch((error: unknown) => {
    throw corrupt(archive, `it does not unzip: ${messageOf(error)}`);
  });
  const files = readTar(archive, tar);
  for (const name of [...FILES.train, ...FILES.test]) {
    const contents = files.get(name);
    if (!contents) throw corrupt(archive, `it has no ${name}`);
    await writeWhole(join(folder, name), (partial) => writeFile(partial, contents));
  }
}

function corrupt(path: string, what: string): GanError {
  return new GanError(
    'ERR_DATA_CORRUPT',
    `${path} is damaged or not a binary CIFAR-10 file: ${what}; delete it to have it fetched again`,
  );
}
