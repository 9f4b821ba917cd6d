import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { GanError } from '../errors';
import { dataFolder } from './cache';
import { ImageDataset } from './dataset';
import { download, type PublishedFile } from './download';
import { readIdx } from './idx';
import { type Resolution, requireSquare } from './image-size';
import { computedPixels, memoryPixels } from './pixels';
import type { OnDataProgress } from './progress';
import { resizeImages } from './resize';

/** Which part of a published set, how large, and where it is kept. */
export interface PublishedOptions {
  /** The folder of data sets (`LIBTORCH_GAN_DATA`, else the cache). */
  readonly dataDir?: string;
  /** Height and width in pixels, the same (32). */
  readonly resolution?: Resolution;
  /** (train) */
  readonly split?: 'train' | 'test';
  readonly progress?: OnDataProgress;
}

const SIDE = 28;

/** `[file, bytes, sha256]` of images and labels. */
type Split = readonly [images: PublishedFile, labels: PublishedFile];

function publishedAt(base: string, rows: readonly (readonly [string, number, string])[]): Split {
  const [images, labels] = rows.map(([file, bytes, sha256]) => ({ file, url: base + file, bytes, sha256 }));
  return [images, labels];
}

const MNIST_URL = 'https://ossci-datasets.s3.amazonaws.com/mnist/';
const FASHION_URL = 'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/';

const MNIST = {
  train: publishedAt(MNIST_URL, [
    [
      'train-images-idx3-ubyte.gz',
      9912422,
      '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
    ],
    ['train-labels-idx1-ubyte.gz', 28881, '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c'],
  ]),
  test: publishedAt(MNIST_URL, [
    [
      't10k-images-idx3-ubyte.gz',
      1648877,
      '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
    ],
    ['t10k-labels-idx1-ubyte.gz', 4542, 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6'],
  ]),
};

const FASHION_MNIST = {
  train: publishedAt(FASHION_URL, [
    [
      'train-images-idx3-ubyte.gz',
      26421880,
      '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
    ],
    ['train-labels-idx1-ubyte.gz', 29515, 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845'],
  ]),
  test: publishedAt(FASHION_URL, [
    [
      't10k-images-idx3-ubyte.gz',
      4422102,
      '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
    ],
    ['t10k-labels-idx1-ubyte.gz', 5148, '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5'],
  ]),
};

const ARTICLES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

/**
 * MNIST (LeCun, Cortes and Burges 1998): 60,000 + 10,000 handwritten digits, 28×28 grey, from the IDX files in DATA_DIR/mnist, which
 * are downloaded when missing. Up to 32×32 the digits are surrounded with black, beyond they are enlarged bilinearly.
 * @throws ERR_DATA_MISSING, ERR_DATA_CORRUPT naming the file.
 */
export function mnist(options: PublishedOptions = {}): Promise<ImageDataset> {
  return load('mnist', options, { splits: MNIST, classNames: [...'0123456789'] });
}

/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): 60,000 + 10,000 articles of clothing in ten classes, in MNIST's format and from
 * DATA_DIR/fashion-mnist.
 * @throws ERR_DATA_MISSING, ERR_DATA_CORRUPT naming the file.
 */
export function fashionMnist(options: PublishedOptions = {}): Promise<ImageDataset> {
  return load('fashion-mnist', options, { splits: FASHION_MNIST, classNames: ARTICLES });
}

async function load(
  name: string,
  { dataDir = dataFolder(), resolution = 32, split = 'train', progress }: PublishedOptions,
  { splits, classNames }: { splits: Record<'train' | 'test', Split>; classNames: readonly string[] },
): Promise<ImageDataset> {
  const side = requireSquare(name, resolution);
  const folder = join(dataDir, name);
  const paths: string[] = [];
  for (const published of splits[split])
    paths.push(
      (await present(folder, published.file)) ??
        (await download({ dataset: name, published, folder, progress })),
    );
  const [imagesPath, labelsPath] = paths;
  const images = await readIdx(imagesPath, 3);
  const labels = await readIdx(labelsPath, 1);
  const [count, rows, columns] = images.shape;
  if (rows !== SIDE || columns !== SIDE)
    throw corrupt(imagesPath, `${SIDE}×${SIDE} images are expected, but they are ${rows}×${columns}`);
  if (labels.data.length !== count)
    throw corrupt(
      labelsPath,
      `${imagesPath} has ${count} images, but there are ${labels.data.length} labels`,
    );
  const wrong = labels.data.findIndex((label) => label >= classNames.length);
  if (wrong >= 0)
    throw corrupt(labelsPath, `label ${wrong} is ${labels.data[wrong]}, outside 0–${classNames.length - 1}`);
  const pixels =
    side === SIDE
      ? memoryPixels(images.data, SIDE * SIDE)
      : await computedPixels(
          {
            count,
            imageBytes: side * side,
            draw: resizeImages({ pixels: images.data, channels: 1, from: SIDE, to: side, pad: true }),
          },
          { task: `resizing ${name}`, progress },
        );
  return new ImageDataset({
    name,
    channels: 1,
    height: side,
    width: side,
    pixels,
    labels: labels.data,
    classNames,
    path: folder,
  });
}

/** The file's path, gzipped or not, or null where there is neither. */
async function present(folder: string, file: string): Promise<string | null> {
  for (const name of [file, file.replace(/\.gz$/, '')]) {
    const path = join(folder, name);
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return null;
}

function corrupt(path: string, what: string): GanError {
  return new GanError(
    'ERR_DATA_CORRUPT',
    `${path}: ${what}; replace the file, or delete it to have it fetched again`,
  );
}
