import { Inception, inceptionName } from '../../src/models/inception';
import { noGrad } from '../../src/tensor/autograd';
import { interpolate } from '../../src/tensor/functional';
import { scope } from '../../src/tensor/scope';
import { fillByFormula, torchvisionName } from '../metrics/features/formula-weights';
import { expectClose } from '../support/close';
import { readFixture, testDevice } from '../support/fixtures';

const fixture = readFixture('models/inception');

test('the names are torchvision’s', () => {
  expect(inceptionName('Mixed_7c.branch3x3dbl_3b.bn.running_var')).toBe(
    '_mixed_7c.branch3x3dbl_3b.bn.running_var',
  );
  expect(torchvisionName(inceptionName('Conv2d_1a_3x3.conv.weight'))).toBe('Conv2d_1a_3x3.conv.weight');
});

test('it has the parameters of torchvision’s network, and gives its features and logits on the same images', () => {
  const network = new Inception().to({ device: testDevice });
  const counted = scope(() => Object.values(network.stateDict()).map(({ numel }) => numel));
  expect(counted.reduce((sum, count) => sum + count, 0)).toBe(Number(fixture.metadata.parameters));
  fillByFormula(network, torchvisionName);
  network.eval();
  scope(() =>
    noGrad(() => {
      const images = fixture.tensor('pixels').div(127.5).sub(1);
      const sized = interpolate(images, { size: 299, mode: 'bilinear', antialias: true });
      const features = network.forward(sized);
      expectClose(features, fixture.tensor('pixels.bilinear'), { label: 'features' });
      expectClose(network.logits(features), fixture.tensor('pixels.logits'), { label: 'logits' });
      const bias = network.logits(features, { bias: true }).sub(network.logits(features)).select(0, 1);
      if (network.fc.bias) expectClose(bias, network.fc.bias, { relative: 1e-4, label: 'bias' });
    }),
  );
  network.dispose();
});
