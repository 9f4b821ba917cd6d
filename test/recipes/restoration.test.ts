import { buildSmall, SMALL } from '../support/small-recipes';
import { expectTranslationTwin } from '../support/translation-twin';

test.each([
  'super-resolution',
  'super-resolution-rrdb',
  'super-resolution-adversarial',
  'denoise',
  'denoise-adversarial',
  'inpaint',
  'inpaint-hinge',
])(
  'has the losses of its twin %s within 1e-3, and the weights of what it trains to restore within 1e-2',
  async (file) => {
    await expectTranslationTwin(file);
  },
);

test.each([
  ['the pixel stage', {}, [4e-4]],
  ['the adversarial stage', { stage: 'adversarial' }, [1e-4, 1e-4]],
  ['a stage that is told a rate', { stage: 'adversarial', lr: '0.25' }, [0.25, 0.25]],
])('super-resolution: %s learns at its own rate', (_, set, rates) => {
  const [small] = SMALL.filter(({ recipe }) => recipe === 'super-resolution');
  const all = { ...small.set, perceptual: '0', patch: '16', ...set };
  const { networks, phases } = buildSmall({ ...small, set: all }, 16);
  const given = phases.flatMap(({ optimizer, trains }) => {
    const made = optimizer(networks[trains as string].parameters());
    const [lr] = made.lr;
    made.dispose();
    return lr;
  });
  for (const network of Object.values(networks)) network.dispose();
  expect(given).toEqual(rates);
});
