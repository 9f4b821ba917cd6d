import { DiscriminatorBlock, FirstDiscriminatorBlock, GeneratorBlock } from '../../src/models/residual';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('residual blocks', () => {
  test('one of classes wants labels', () => {
    const block = new GeneratorBlock(2, 3, { classes: 4 });
    scope(() => {
      expect(() => block.forward(randn([2, 2, 3, 3]))).toThrow(
        usage('a conditional generator expects labels [N] beside its latents but received none'),
      );
    });
    block.dispose();
  });

  testLayers('models/residual', {
    generatorBlock: (...args: ConstructorParameters<typeof GeneratorBlock>) => new GeneratorBlock(...args),
    discriminatorBlock: (...args: ConstructorParameters<typeof DiscriminatorBlock>) =>
      new DiscriminatorBlock(...args),
    firstDiscriminatorBlock: (...args: ConstructorParameters<typeof FirstDiscriminatorBlock>) =>
      new FirstDiscriminatorBlock(...args),
  });
});
