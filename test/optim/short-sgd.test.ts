import * as nn from '../../src/nn';
import * as optim from '../../src/optim';
import { full } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { testDevice } from '../support/fixtures';

test.each(['bfloat16', 'float16'] as const)(
  'SGD moves parameters of %s, by momentum too: more of them than a vector holds',
  (dtype) => {
    const weight = nn.parameter(full([70], 1, { dtype, device: testDevice }));
    const optimizer = optim.sgd({ lr: 0.5, momentum: 0.5, nesterov: true, weightDecay: 1 })([weight]);
    scope(() => {
      weight.grad = full([70], 1, { dtype, device: testDevice });
      const values = [1, 2].map(() => {
        optimizer.step();
        return [...new Set(Array.from(weight.detach().float().toTypedArray(), Number))];
      });
      // g 2, b 2, step ½ (2 + 1); then g ½, b 3/2, step ½ (½ + ¾)
      expect(values).toEqual([[-0.5], [-1.125]]);
    });
    optimizer.dispose();
    weight.dispose();
  },
);
