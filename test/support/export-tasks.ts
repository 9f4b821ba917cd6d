import type { ExportTask } from '../../src/export/task';
import type { Module } from '../../src/nn/module';
import { rand } from '../../src/tensor/create';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';

/** What is made of images [N, 4, H, W] in [−1, 1] by name, as a task. */
export function taskOfImages(
  run: (images: Tensor) => Readonly<Record<string, Tensor>>,
  networks: Readonly<Record<string, Module>> = {},
): ExportTask {
  const made = (inputs: Readonly<Record<string, Tensor>>) => run(inputs.images);
  return {
    description: 'a test',
    networks,
    inputs: [
      {
        name: 'images',
        dtype: 'float32',
        shape: ['N', 4, 'H', 'W'],
        description: '',
        example: ({ N, H, W }, seed) => {
          const generator = new Generator({ device: 'cpu', seed });
          try {
            return scope(() => rand([N, 4, H, W], { generator, device: 'cpu' }).mul(2).sub(1));
          } finally {
            generator.dispose();
          }
        },
      },
    ],
    outputs: {},
    variables: [
      { name: 'N', value: 2, other: 3 },
      { name: 'H', value: 8, other: 12 },
      { name: 'W', value: 12, other: 8 },
    ],
    imageStatistics: false,
    border: null,
    run: made,
    reference: made,
    facts: {},
    notes: [],
  };
}
