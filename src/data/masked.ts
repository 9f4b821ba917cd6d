import type { Degradation } from './degraded-dataset';
import { checkHoles, drawMasks, type Holes, holesInWords } from './masks';

/**
 * Images with a hole each, which is mid-grey (0), as `input`, and where it is as `mask`, see {@link drawMasks}.
 *
 * @throws UsageError for an unknown kind, or a share of the area that is not above 0 and up to 0.5
 */
export function masked(holes: Holes): Degradation {
  checkHoles(holes);
  return {
    name: holesInWords(holes),
    specs: (images) => ({ input: images, mask: { ...images, channels: 1, classes: 0 } }),
    map(images, generator) {
      const [count, , height, width] = images.shape;
      const mask = drawMasks({ count, height, width }, holes, { generator, device: images.device });
      return { input: images.mul(mask.neg().add(1)), mask };
    },
  };
}
