import { Module } from '../nn/module';
import type { Tensor } from '../tensor/tensor';

/** A network that makes images of noise [N, z] and labels [N] (int64). */
export interface ClassConditional extends Module {
  forward(noise: Tensor, labels: Tensor): Tensor;
}

/**
 * Lets a generator that takes labels beside its noise be fed latents [N, z + K], whose last K numbers are 1 for the class and 0 for
 * the others.
 */
export class ClassLatents extends Module {
  readonly noiseSize: number;

  constructor(
    readonly body: ClassConditional,
    { noiseSize }: { readonly noiseSize: number },
  ) {
    super();
    this.noiseSize = noiseSize;
  }

  override forward(latents: Tensor): Tensor {
    const { noiseSize } = this;
    const noise = latents.narrow(1, { start: 0, length: noiseSize });
    const classes = latents.narrow(1, { start: noiseSize, length: latents.shape[1] - noiseSize });
    return this.body.forward(noise, classes.argmax(1));
  }

  protected override describe(): string {
    return `noiseSize=${this.noiseSize}`;
  }
}
