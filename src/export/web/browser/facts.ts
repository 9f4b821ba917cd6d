/** An input or output of the model: open sizes have names. */
export interface PortFacts {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

/** What `model.json` says of the model. */
export interface ModelFacts {
  readonly title: string;
  readonly inputs: readonly PortFacts[];
  readonly output: PortFacts;
  readonly parity: string;
  readonly precision: 'float32' | 'float16';
  /** Of the runtime for WebGPU, where it lies beside the page: its bytes, and how far its results may be from WebAssembly’s. */
  readonly webgpu?: { readonly bytes: number; readonly tolerance: number };
  readonly facts: {
    readonly takes: 'latents' | 'images';
    readonly latent?: {
      readonly classes?: number;
      /** Whether the classes are labels of the data; else they are a code of the model’s own. */
      readonly conditional?: boolean;
      readonly codes?: number;
    };
    readonly classNames?: readonly string[];
    readonly channels?: number;
    readonly least?: number;
    readonly masks?: boolean;
  };
}

/** Numbers with their shape: images are [N, C, H, W] in [−1, 1]. */
export interface Numbers {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Inputs by name; whole numbers are BigInt64Array. */
export type Feeds = Readonly<
  Record<string, { readonly data: Float32Array | BigInt64Array; readonly dims: readonly number[] }>
>;
