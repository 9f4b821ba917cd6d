import type { FeatureExtractor } from '../../src/metrics/extractor';
import { fromBytes } from '../../src/tensor/create';
import { interpolate } from '../../src/tensor/functional';
import { keep } from '../../src/tensor/scope';
import { testDevice } from './fixtures';

/** Numbers that look random, the same everywhere. */
function waves(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * i * 0.7 + i));
}

/** A feature network that needs no training: 4 × 4 means of grey images, mixed to `dimensions` numbers, three of them as logits. */
export function tinyExtractor({ dimensions = 6 } = {}): FeatureExtractor {
  const mixing = keep(
    fromBytes(waves(16 * dimensions), { dtype: 'float32', shape: [16, dimensions], device: testDevice }),
  );
  return {
    name: 'tiny',
    sha256: 'ab'.repeat(32),
    dimensions,
    classes: 3,
    resize: 'bilinear, antialiased, to 4×4',
    extract(images) {
      const small = interpolate(images, { size: 4, mode: 'bilinear', antialias: true });
      const features = small.mean([1]).reshape([images.shape[0], 16]).matmul(mixing);
      return { features, logits: features.narrow(1, { start: 0, length: 3 }) };
    },
    dispose: () => mixing.dispose(),
  };
}
