import type { Difference, Parity } from './parity';
import type { PixelForm } from './task';

/**
 * E.g. `images: largest difference from LibTorch 3.1e-7, mean 2.0e-8, in onnxruntime-web 1.30.0 (wasm)`; of bytes it is told in their levels.
 *
 * @param pixels what the outputs are of
 */
export function parityText({ outputs, runtime }: Parity, pixels: PixelForm['pixels']): string {
  const told = pixels === 'uint8' ? levelsText : numbersText;
  const each = Object.entries(outputs).map(
    ([name, apart]) => `${name}: largest difference from LibTorch ${told(apart)}`,
  );
  return `${each.join('; ')}, in ${runtime}`;
}

function numbersText({ largest, mean }: Difference): string {
  return `${largest.toExponential(1)}, mean ${mean.toExponential(1)}`;
}

function levelsText({ largest, mean }: Difference): string {
  return `${largest} of 256 levels, mean ${Number(mean.toPrecision(2))} levels`;
}
