import { writeFileSync } from 'node:fs';
import { writeSafetensors } from '../../../src/io/safetensors';
import { tensorsToRecords } from '../../../src/io/tensors';
import { inceptionExtractor } from '../../../src/metrics/features/inception';
import { Inception } from '../../../src/models/inception';
import { ones } from '../../../src/tensor/create';
import { getRngState } from '../../../src/tensor/random';
import { scope } from '../../../src/tensor/scope';
import { temporaryFolder } from '../../data/files';
import { expectClose } from '../../support/close';
import { failure } from '../../support/failure';
import { readFixture, testDevice } from '../../support/fixtures';
import { fillByFormula, torchvisionName } from './formula-weights';

const folder = temporaryFolder();
const fixture = readFixture('models/inception');
const CONVERT =
  'python3 scripts/convert-inception.py pt_inception-2015-12-05-6726825d.pth inception.safetensors';

/** The network with weights by formula, in a file as scripts/convert-inception.py writes it. */
async function writeWeights(file: string): Promise<void> {
  const network = new Inception();
  fillByFormula(network, torchvisionName);
  const records = scope(() => {
    const state = Object.entries(network.stateDict()).filter(([name]) => !name.endsWith('tracked'));
    return tensorsToRecords(
      Object.fromEntries(state.map(([name, tensor]) => [torchvisionName(name), tensor])),
    );
  });
  network.dispose();
  await writeSafetensors(file, records);
}

test('a missing and a damaged file tell where to get the weights and how to convert them', async () => {
  await expect(inceptionExtractor('/nowhere/inception.safetensors')).rejects.toThrow(
    failure('ERR_CANNOT_READ', CONVERT),
  );
  writeFileSync(folder.path('file.safetensors'), 'not at all');
  await expect(inceptionExtractor(folder.path('file.safetensors'))).rejects.toThrow(
    failure('ERR_BAD_SAFETENSORS', 'https://github.com/mseitzer/pytorch-fid/releases'),
  );
});

test('a file of other tensors is refused with its hash, what was expected and what came', async () => {
  const file = folder.path('other.safetensors');
  const records = scope(() => tensorsToRecords({ 'fc.weight': ones([1000, 2048]) }));
  const { sha256 } = await writeSafetensors(file, records);
  for (const text of [
    `(sha256 ${sha256})`,
    'Conv2d_1a_3x3.conv.weight [32, 3, 3, 3]',
    'missing _conv2d_1a_3x3',
    CONVERT,
  ])
    await expect(inceptionExtractor(file)).rejects.toThrow(failure('ERR_BAD_FEATURES', text));
});

test('features and logits are those of torchvision’s patched network, for RGB and grey images, by both filters', async () => {
  const file = folder.path('inception.safetensors');
  await writeWeights(file);
  const random = getRngState();
  const bilinear = await inceptionExtractor(file, { device: testDevice });
  const bicubic = await inceptionExtractor(file, { device: testDevice, filter: 'bicubic' });
  expect(bilinear).toMatchObject({
    name: 'inception',
    dimensions: 2048,
    classes: 1008,
    resize: 'bilinear, antialiased, to 299×299',
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect([bicubic.sha256, bicubic.resize]).toEqual([bilinear.sha256, 'bicubic, antialiased, to 299×299']);
  scope(() => {
    for (const name of ['pixels', 'grey']) {
      const images = fixture.tensor(name).div(127.5).sub(1);
      const { features, logits } = bilinear.extract(images);
      expectClose(features, fixture.tensor(`${name}.bilinear`), { label: `${name} bilinear` });
      if (logits) expectClose(logits, fixture.tensor(`${name}.logits`), { label: `${name} logits` });
      expectClose(bicubic.extract(images).features, fixture.tensor(`${name}.bicubic`), {
        label: `${name} bicubic`,
      });
    }
  });
  expect(getRngState()).toEqual(random);
  bilinear.dispose();
  bicubic.dispose();
});
