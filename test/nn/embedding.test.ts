import * as nn from '../../src/nn';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('embedding', () => {
  test.each([
    [0, 3, {}, 'embedding expects numEmbeddings to be a positive integer but received 0 (number)'],
    [3, -1, {}, 'embedding expects embeddingDim to be a positive integer but received -1 (number)'],
    [3, 2, { paddingIdx: 3 }, 'embedding expects paddingIdx to be an index below 3 but received 3 (number)'],
  ])('refuses %p vectors of %p with %p', (count, size, options, message) => {
    expect(() => nn.embedding(count, size, options)).toThrow(usage(message));
  });

  testLayers('nn/embedding');
});
