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
