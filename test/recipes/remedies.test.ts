import { recipes } from '../../src/recipes';
import { parseConfig } from '../../src/recipes/config';
import { remediesOf } from '../../src/recipes/remedies';

const remedies = (name: string, set: Readonly<Record<string, string>> = {}) => {
  const { fields } = recipes[name];
  return remediesOf(fields, parseConfig(fields, { set }));
};

test.each(Object.keys(recipes))('%s has every setting that is named, and the value is one of it', (name) => {
  const { fields } = recipes[name];
  for (const text of Object.values(remedies(name))) {
    const [, how, key, value] = /^(--resume|a new training) with --set (\w+)=(\S+)$/.exec(text) ?? [];
    expect(Object.keys(fields)).toContain(key);
    expect(fields[key].accepts(fields[key].fromText(value))).toBe(true);
    expect(String(value)).not.toBe(String(fields[key].default));
    expect(how === '--resume').toBe(fields[key].resumable ?? false);
  }
});

test('a rate that was raised goes back to the default, which is that of the other network where it has none', () => {
  expect(remedies('dcgan', { discriminatorLr: '0.004' })).toMatchObject({
    'discriminator-wins': '--resume with --set discriminatorLr=0.0005',
    'discriminator-faster': '--resume with --set discriminatorLr=0.0005',
    'generator-collapses': '--resume with --set discriminatorLr=0.0005',
  });
  expect(remedies('dcgan', { lr: '0.01', discriminatorLr: '0.0002' })).toMatchObject({
    'generator-faster': '--resume with --set lr=0.0005',
    'generator-collapses': '--resume with --set lr=0.0005',
  });
});

test('a rate that was not is lowered, that of the discriminator alone', () => {
  expect(remedies('dcgan')).toEqual({
    'discriminator-wins': '--resume with --set discriminatorLr=0.00013',
    'generator-collapses': 'a new training with --set augment=diffaugment',
    'generator-faster': '--resume with --set discriminatorLr=0.002',
    'discriminator-faster': '--resume with --set discriminatorLr=0.00013',
  });
  expect(remedies('infogan')).toMatchObject({
    'generator-faster': '--resume with --set generatorLr=0.00025',
  });
});

test('nothing is named that a recipe lacks', () => {
  expect(remedies('pix2pix')).toMatchObject({ 'discriminator-wins': 'a new training with --set patch=34' });
  expect(remedies('pix2pix', { patch: '1' })['discriminator-wins']).toBeUndefined();
  expect(remedies('pix2pix')['discriminator-faster']).toBeUndefined();
});
