import { expectTranslationTwin } from '../support/translation-twin';

test.each(['pix2pix', 'pix2pix-instance', 'cyclegan', 'cyclegan-batch-2', 'cyclegan-geometry'])(
  'has the losses of its twin %s within 1e-3, and the weights of what it trains to translate within 1e-2',
  async (file) => {
    await expectTranslationTwin(file);
  },
);
