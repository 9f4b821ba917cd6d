/** A layer that multiplies: what it holds, and what one image costs. */
export interface Layer {
  /** Multiply-adds of its forward pass for one image. */
  readonly multiplyAdds: number;
  /** Trainable numbers, with those of a norm behind it. */
  readonly parameters: number;
  /** True beside the first layer where it, too, reads what the network is given (false). */
  readonly first?: boolean;
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
  /** As {@link Layer.first} (false). */
  readonly first?: boolean;
}

/** A convolution between maps of so many channels; in groups, `from` is what a group sees. */
export function convolution(from: number, to: number, { kernel, side, extra, first }: Convolution): Layer {
  const weights = from * to * kernel ** 2;
  return { multiplyAdds: weights * side ** 2, parameters: weights + extra, first };
}

/** A dense layer with its biases. */
export function dense(from: number, to: number): Layer {
  return { multiplyAdds: from * to, parameters: (from + 1) * to };
}

/** What learns and multiplies nothing that counts. */
export function learned(parameters: number): Layer {
  return { multiplyAdds: 0, parameters };
}
