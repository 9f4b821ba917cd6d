import * as nn from '../../src/nn';
import * as optim from '../../src/optim';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { expectClose } from '../support/close';

// LibTorch's step takes vectors of their numbers here, and tensors of four dimensions where they do not lie alike.
describe.each([
  ['adam', optim.adam],
  ['adamw', optim.adamw],
] as const)('%s', (_, factory) => {
  test.each([true, false])('moves weights in channels_last as it moves others; amsgrad: %p', (amsgrad) =>
    scope(() => {
      const gradients = [1, 2, 3].map(() => randn([5, 7, 3, 3]));
      const [plain, last] = (['contiguous', 'channels_last'] as const).map((memoryFormat) => {
        const weight = nn.parameter(gradients[0].mul(0.1).to({ memoryFormat }));
        const bias = nn.parameter(gradients[1].mean([1, 2, 3]));
        const optimizer = factory({ lr: 0.1, amsgrad })([weight, bias]);
        for (const gradient of gradients) {
          optimizer.zeroGrad();
          weight.mul(gradient).sum().add(bias.square().sum()).backward();
          optimizer.step();
        }
        optimizer.dispose();
        return [weight, bias];
      });
      expect(last[0].isContiguous('channels_last')).toBe(true);
      for (const [i, expected] of plain.entries()) expectClose(last[i], expected, { relative: 1e-5 });
      for (const parameter of [...plain, ...last]) parameter.dispose();
    }),
  );
});
