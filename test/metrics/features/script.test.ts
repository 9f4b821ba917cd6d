import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resizeImages } from '../../../src/metrics/features/resize-images';
import { scriptExtractor } from '../../../src/metrics/features/script';
import { scope } from '../../../src/tensor/scope';
import { expectClose } from '../../support/close';
import { failure, usage } from '../../support/failure';
import { readFixture, testDevice } from '../../support/fixtures';

const fixture = readFixture('io/script');
const path = (name: string) => join(__dirname, '..', '..', 'fixtures', 'io', 'script', `${name}.pt`);
const open = (name: string, options = {}) => scriptExtractor(path(name), { device: testDevice, ...options });

test('bad files and bad options are refused', async () => {
  await expect(scriptExtractor('/nowhere.pt')).rejects.toThrow(
    failure('ERR_CANNOT_READ', 'there is no such file'),
  );
  await expect(open('state-dict')).rejects.toThrow(failure('ERR_BAD_SCRIPT', 'torch.jit.script'));
  await expect(open('plain', { size: -3 })).rejects.toThrow(usage('torchscript:plain.pt: expected size'));
  await expect(open('words')).rejects.toThrow(failure('ERR_INVALID_ARG', 'returned a String'));
});

test('a script of one tensor gives features for images as they come', async () => {
  const extractor = await open('plain');
  expect(extractor).toMatchObject({
    name: 'torchscript:plain.pt',
    sha256: createHash('sha256')
      .update(readFileSync(path('plain')))
      .digest('hex'),
    dimensions: 4,
    classes: 0,
    resize: 'none: images as they come',
  });
  scope(() => {
    const { features, logits } = extractor.extract(fixture.tensor('images'));
    expectClose(features, fixture.tensor('plain'));
    expect(logits).toBeNull();
  });
  extractor.dispose();
});

test('a pair is features and logits', async () => {
  const extractor = await open('pair');
  expect([extractor.dimensions, extractor.classes]).toEqual([4, 4]);
  scope(() => {
    const { features, logits } = extractor.extract(fixture.tensor('images'));
    expectClose(features, fixture.tensor('pair.0'));
    if (logits) expectClose(logits, fixture.tensor('pair.1'));
  });
  extractor.dispose();
});

test('the form in the file’s metadata is kept to, unless options say otherwise', async () => {
  const extractor = await open('named');
  expect(extractor.resize).toBe('bicubic, antialiased, to 4×4; from 0 to 1');
  const plain = await open('named', { range: [-1, 1], filter: 'bilinear' });
  expect(plain.resize).toBe('bilinear, antialiased, to 4×4');
  scope(() => {
    const images = fixture
      .tensor('images')
      .narrow(3, { start: 0, length: 4 })
      .narrow(2, { start: 0, length: 4 });
    const outside = images.mul(2).sub(1);
    expectClose(extractor.extract(outside).features, plain.extract(images).features);
    expectClose(
      extractor.extract(fixture.tensor('images')).features,
      extractor.extract(resizeImages(fixture.tensor('images'), { size: 4, filter: 'bicubic' })).features,
    );
  });
  extractor.dispose();
  plain.dispose();
});

test('a detector gets the bytes that images came from, and gives features and unbiased logits', async () => {
  const extractor = await open('detector');
  expect(extractor).toMatchObject({ dimensions: 4, classes: 5, resize: 'inside the script' });
  scope(() => {
    const { features, logits } = extractor.extract(fixture.tensor('pixels').div(127.5).sub(1));
    expectClose(features, fixture.tensor('detector.features'));
    if (logits) expectClose(logits.softmax(1), fixture.tensor('detector.unbiased'));
  });
  extractor.dispose();
});
