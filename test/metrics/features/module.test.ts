import { forChannels } from '../../../src/metrics/features/in-channels';
import { moduleExtractor } from '../../../src/metrics/features/module';
import { stateSha256 } from '../../../src/metrics/features/state-hash';
import { conv2d } from '../../../src/nn/conv';
import { dropout } from '../../../src/nn/dropout';
import { linear } from '../../../src/nn/linear';
import { Module } from '../../../src/nn/module';
import { adaptiveAvgPool2d } from '../../../src/nn/pool';
import { sequential } from '../../../src/nn/sequential';
import { flatten } from '../../../src/nn/shape';
import { autocast } from '../../../src/tensor/autograd';
import { rand, tensor } from '../../../src/tensor/create';
import { getRngState } from '../../../src/tensor/random';
import { scope } from '../../../src/tensor/scope';
import type { Tensor } from '../../../src/tensor/tensor';
import { expectClose } from '../../support/close';
import { failure, usage } from '../../support/failure';

const encoder = () =>
  sequential(conv2d(3, 4, { kernelSize: 3 }), adaptiveAvgPool2d(1), flatten(), dropout(0.5));

/** Gives the mean of each channel, so that what reaches it can be seen. */
class Means extends Module {
  override forward(images: Tensor): Tensor {
    return images.float().mean([2, 3]);
  }
}

test('options out of range are refused', () => {
  const module = new Means();
  expect(() => moduleExtractor(module, { name: 'mine', size: 0 })).toThrow(usage('mine: expected size'));
  expect(() => moduleExtractor(module, { name: 'mine', range: [0, Number.NaN] })).toThrow(
    usage('expected range'),
  );
});

test('a module that gives no vectors is refused, and nothing is left of it', () => {
  const module = conv2d(3, 4, { kernelSize: 3 });
  expect(() => moduleExtractor(module, { name: 'mine' })).toThrow(
    failure(
      'ERR_BAD_FEATURES',
      'mine: expected features of shape [2, d] for 2 images but received [2, 4, 30, 30]',
    ),
  );
  module.dispose();
});

test('its features are the module’s at rest, in float32, with the hash of its state', () => {
  const module = encoder();
  const before = getRngState();
  const extractor = moduleExtractor(module, { name: 'mine' });
  expect(extractor).toMatchObject({
    name: 'mine',
    dimensions: 4,
    classes: 0,
    sha256: stateSha256(module),
    resize: 'none: images as they come',
  });
  scope(() => {
    const images = rand([5, 3, 16, 16]).mul(2).sub(1);
    const random = getRngState();
    const { features, logits } = autocast({ device: 'cpu' }, () => extractor.extract(images));
    expect([features.dtype, logits, features.requiresGrad]).toEqual(['float32', null, false]);
    expect(getRngState()).toEqual(random);
    expect(module.training).toBe(true);
    expectClose(features, module.eval().forward(images).detach());
  });
  expect(before).toHaveLength(getRngState().length);
  extractor.dispose();
  module.dispose();
});

test('a module for logits makes it fit for the Inception Score, and is part of the hash', () => {
  const [module, head] = [encoder(), linear(4, 7)];
  const extractor = moduleExtractor(module, { name: 'mine', logits: head });
  expect(extractor.classes).toBe(7);
  expect(extractor.sha256).toBe(stateSha256(module, head));
  scope(() => {
    const { features, logits } = extractor.extract(rand([2, 3, 8, 8]));
    if (logits) expectClose(logits, head.forward(features).detach());
  });
  extractor.dispose();
  module.dispose();
  head.dispose();
});

test.each([
  [{ range: [-1, 1] as const }, [-1, 0, 1]],
  [{ range: [0, 1] as const }, [0, 0.5, 1]],
  [{ range: [-128, 127] as const }, [-128, -0.5, 127]],
  [{ range: 'uint8' as const }, [0, 128, 255]],
])('black, grey and white reach a module of %j as %j', (form, expected) => {
  const extractor = moduleExtractor(new Means(), { name: 'means', ...form });
  scope(() => {
    const images = tensor([-1, 0, 1]).reshape([3, 1, 1, 1]).expand([3, 3, 4, 4]);
    const [means] = extractor.extract(images).features.unbind(1);
    expectClose(means, tensor(expected));
  });
  extractor.dispose();
});

test.each([
  [{ range: [-1, 1] as const }, 'none: images as they come'],
  [{ range: [0, 1] as const, size: 12 }, 'bilinear, antialiased, to 12×12; from 0 to 1'],
  [{ range: 'uint8' as const }, 'none: images as they come; from 0 to 255'],
])('what is done to images of %j is told in words', (form, resize) => {
  const extractor = moduleExtractor(new Means(), { name: 'means', ...form });
  expect(extractor.resize).toBe(resize);
  extractor.dispose();
});

test('what came of its trial tells it from another computation with equal weights, in other colours too', () => {
  class Brightest extends Module {
    override forward(images: Tensor): Tensor {
      return images.amax([2, 3]);
    }
  }
  const trials = [new Means(), new Means(), new Brightest()].map((module) => {
    const extractor = moduleExtractor(module, { name: 'mine', channels: 3 });
    extractor.dispose();
    return [extractor, forChannels(extractor, 4)].map(({ trial, sha256 }) => [trial, sha256]);
  });
  const [[means], [again], [brightest]] = trials;
  expect(again).toEqual(means);
  expect([brightest[0] === means[0], brightest[1]]).toEqual([false, means[1]]);
  for (const [own, converted] of trials) expect(converted).toEqual(own);
});

test('grey images are repeated, and images are resized to the size the module takes', () => {
  const shapes: (readonly number[])[] = [];
  class Watching extends Means {
    override forward(images: Tensor): Tensor {
      shapes.push(images.shape);
      return super.forward(images);
    }
  }
  const extractor = moduleExtractor(new Watching(), {
    name: 'means',
    size: 12,
    filter: 'bicubic',
    channels: 3,
  });
  expect(extractor.resize).toBe('bicubic, antialiased, to 12×12');
  scope(() => {
    extractor.extract(rand([2, 1, 30, 30]));
  });
  expect(shapes[shapes.length - 1]).toEqual([2, 3, 12, 12]);
  extractor.dispose();
});
