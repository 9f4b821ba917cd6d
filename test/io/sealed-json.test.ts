import { writeFileSync } from 'node:fs';
import { readSealedJson, sealed, sealFits } from '../../src/io/sealed-json';
import { temporaryFolder } from '../data/files';
import { failure } from '../support/failure';

const folder = temporaryFolder();
const content = { settings: { lr: 2e-4, loss: 'hinge', none: undefined }, 2: [null, Number.NaN], 1: true };

test('an object with another bit in it is refused, and says what a person who changed it does', () => {
  const file = folder.path('config.json');
  writeFileSync(file, JSON.stringify(sealed(content)).replace('hinge', 'hinfe'));
  expect(() => readSealedJson(file)).toThrow(
    failure('ERR_BAD_JSON', `${file}: expected what its seal was made of, but it was changed or damaged`),
  );
});

test('an object comes back as JSON has it, without its seal, however its text is laid out', () => {
  const file = folder.path('config.json');
  writeFileSync(file, JSON.stringify(sealed(content), null, 2));
  expect(readSealedJson(file)).toEqual(JSON.parse(JSON.stringify(content)));
});

test('an object without a seal is taken as it is', () => {
  const file = folder.path('config.json');
  writeFileSync(file, '{"lr":1}');
  expect(readSealedJson(file)).toEqual({ lr: 1 });
  expect(sealFits({ lr: 1 })).toBeUndefined();
});
