/** A layer that multiplies: what it holds, and what one image costs. */
export interface Layer {
  /** Multiply-adds of its forward pass for one image. */
  readonly multiplyAdds: number;
  /** Trainable numbers, with those of a norm behind it. */
  readonly parameters: number;
}

/** The layers of each network, first to last. */
export type Networks = Readonly<Record<string, readonly Layer[]>>;

/** A convolution, or a transposed one. */
export interface Convolution {
  /** Height and width. */
  readonly kernel: number;
  /** Height and width of the map where each pixel meets the kernel once: the output, transposed the input. */
  readonly side: number;
  /** Its biases, and what a norm behind it learns. */
  readonly extra: number;
}

/** A convolution between maps of so many channels. */
export function convolution(from: number, to: number, { kernel, side, extra }: Convolution): Layer {
  const weights = from * to * kernel ** 2;
  return { multiplyAdds: weights * side ** 2, parameters: weights + extra };
}

/** A dense layer with its biases. */
export function dense(from: number, to: number): Layer {
  return { multiplyAdds: from * to, parameters: (from + 1) * to };
}
