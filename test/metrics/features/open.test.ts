import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../../src/io/safetensors';
import { tensorsToRecords } from '../../../src/io/tensors';
import { classifierExtractor } from '../../../src/metrics/features/classifier';
import { openFeatures } from '../../../src/metrics/features/open';
import { ones } from '../../../src/tensor/create';
import { scope } from '../../../src/tensor/scope';
import { environment, temporaryFolder } from '../../data/files';
import { failure, usage } from '../../support/failure';
import { patterns, QUICK } from './patterns';

const folder = temporaryFolder();
environment(() => ({ XDG_CACHE_HOME: folder.path() }));
const dataset = patterns();

test('an unknown name suggests the nearest and tells all', async () => {
  await expect(openFeatures('inceptoin', { dataset })).rejects.toThrow(
    usage('there is no feature network "inceptoin": did you mean inception? known are classifier, inception'),
  );
});

test('inception without a file tells where it is looked for, where to get it, and how to convert it', async () => {
  for (const text of [
    folder.path('libtorch-gan/features/inception.safetensors'),
    'convert-inception.py',
    '--features FILE',
  ])
    await expect(openFeatures('inception', { dataset })).rejects.toThrow(failure('ERR_CANNOT_READ', text));
  await expect(openFeatures('inception:/nowhere', { dataset })).rejects.toThrow(
    failure('ERR_CANNOT_READ', '/nowhere'),
  );
});

test('a set without labels asks for another network', async () => {
  await expect(openFeatures('classifier', { dataset: patterns({ labelled: false }) })).rejects.toThrow(
    usage('--features FILE'),
  );
});

test('weights of an unknown network are told by their hash and their first tensors', async () => {
  const file = folder.path('mine.safetensors');
  const { sha256 } = await writeSafetensors(
    file,
    scope(() => tensorsToRecords({ 'encoder.weight': ones([2]) })),
  );
  for (const text of [`(sha256 ${sha256})`, 'its tensors are encoder.weight', 'convert-inception.py'])
    await expect(openFeatures(file, { dataset })).rejects.toThrow(failure('ERR_BAD_FEATURES', text));
});

test('a kept classifier is opened from a copy of its file, for any data set', async () => {
  const recipe = { ...QUICK, leastImages: 64, mostImages: 64 };
  const trained = await classifierExtractor(dataset, { recipe });
  const kept = join(folder.path('libtorch-gan', 'features'));
  copyFileSync(join(kept, readdirSync(kept)[0]), folder.path('classifier-theirs.safetensors'));
  const opened = await openFeatures(folder.path('classifier-theirs.safetensors'), {
    dataset: patterns({ labelled: false }),
  });
  expect(opened).toMatchObject({
    name: 'classifier-theirs',
    sha256: trained.sha256,
    dimensions: 8,
    classes: 3,
  });
  trained.dispose();
  opened.dispose();
});

test('a TorchScript file is known by its ending', async () => {
  const file = folder.path('net.torchscript');
  copyFileSync(join(__dirname, '..', '..', 'fixtures', 'io', 'script', 'plain.pt'), file);
  const extractor = await openFeatures(file, { dataset: patterns({ channels: 3 }) });
  expect([extractor.name, extractor.dimensions]).toEqual(['torchscript:net.torchscript', 4]);
  extractor.dispose();
});
