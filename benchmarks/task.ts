/** How a participant computes. */
export type Precision = 'fp32' | 'bf16';

interface ImageSizes {
  readonly channels: number;
  /** Height and width of the images in pixels. */
  readonly resolution: number;
}

/** Sizes of a GAN that makes images of latents. */
export interface LatentSizes extends ImageSizes {
  readonly model: 'dcgan' | 'mlp' | 'wgan-gp';
  /** Channels of the DCGAN at half the images' resolution; the mlp has its recipe's layers and ignores it. */
  readonly width: number;
  readonly latentSize: number;
}

/** Sizes of pix2pix: as many channels in as out. */
export interface Pix2pixSizes extends ImageSizes {
  readonly model: 'pix2pix';
  /** Channels of the first feature maps of both networks. */
  readonly width: number;
}

/** Sizes of CycleGAN: as many channels in both domains. */
export interface CycleganSizes extends ImageSizes {
  readonly model: 'cyclegan';
  /** Channels of the first feature maps of all networks. */
  readonly width: number;
  /** Residual blocks of each translator. */
  readonly blocks: number;
  /** Earlier fakes that a discriminator may be shown. */
  readonly pool: number;
}

/** Sizes of super-resolution's pixel stage: `resolution` is that of what is made, `scale` times that of what is given. */
export interface SuperResolutionSizes extends ImageSizes {
  readonly model: 'super-resolution';
  readonly scale: 2 | 3 | 4;
  /** Channels of the feature maps. */
  readonly width: number;
  /** Residual blocks. */
  readonly blocks: number;
}

/** Sizes of a denoiser of Gaussian noise. */
export interface DenoiseSizes extends ImageSizes {
  readonly model: 'denoise';
  /** Channels of the feature maps. */
  readonly width: number;
  /** Convolutions. */
  readonly depth: number;
}

/** Sizes of SNGAN's residual networks for 32 × 32 pixels, by themselves or with a projection discriminator. */
export interface ResidualSizes extends ImageSizes {
  readonly model: 'sngan' | 'projection';
  /** Channels of both networks at the images' size; each halving doubles them, up to `growth` widths. */
  readonly width: number;
  readonly growth: number;
  readonly latentSize: number;
  /** Of the projection discriminator. */
  readonly classes: number;
}

/** Sizes of the networks without normalisation. */
export interface ModernSizes extends ImageSizes {
  readonly model: 'modern';
  /** Channels at the images' size; each halving doubles them, up to `maxWidth`. */
  readonly width: number;
  readonly maxWidth: number;
  readonly latentSize: number;
  /** How many times as many channels a block has inside. */
  readonly expansion: number;
  /** Channels that a group sees. */
  readonly groupSize: number;
}

/** Sizes of the fully connected VAE. */
export interface VaeSizes extends ImageSizes {
  readonly model: 'vae';
  /** Units of the hidden layers. */
  readonly hidden: number;
  readonly latentSize: number;
}

/** Sizes of StyleGAN2. */
export interface StyleSizes extends ImageSizes {
  readonly model: 'stylegan2';
  /** Channels at the images' size; each halving doubles them, up to `maxWidth`. */
  readonly width: number;
  readonly maxWidth: number;
  /** Numbers in z, and in w. */
  readonly latentSize: number;
  /** Dense layers from one to the other. */
  readonly mapping: number;
}

/** Which networks, and how large they are. */
export type NetworkSizes =
  | LatentSizes
  | ResidualSizes
  | ModernSizes
  | VaeSizes
  | StyleSizes
  | Pix2pixSizes
  | CycleganSizes
  | SuperResolutionSizes
  | DenoiseSizes;

/** How long to measure: every participant of a group gets the same. */
export interface Effort {
  /** Steps before the clock starts; the first one is counted in passes. */
  readonly warmUp: number;
  /** Seconds to measure for; the steps that fill them are found from the last of the warm-up. */
  readonly seconds: number;
  /** The fewest steps to measure, whatever they take. */
  readonly minSteps: number;
}

interface Placed {
  /** `cpu` or `cuda:N`. */
  readonly device: string;
  /** Threads of the CPU. */
  readonly threads: number;
}

/** Training steps of a model, each with all its phases. */
export type TrainTask = NetworkSizes &
  Effort &
  Placed & {
    readonly kind: 'train';
    readonly batch: number;
    readonly precision: Precision;
    /** Asks PyTorch to count the floating-point operations of one step, after the clock has stopped. */
    readonly countFlops: boolean;
  };

/** Images from the generator in evaluation mode. */
export interface SampleTask extends LatentSizes, Effort, Placed {
  readonly kind: 'sample';
  readonly batch: number;
  readonly precision: Precision;
}

/** Tiny operations: what a call costs. */
export interface OpsTask extends Placed {
  readonly kind: 'ops';
  /** Seconds for each of them. */
  readonly seconds: number;
}

/** From nothing loaded to the first result. */
export interface ImportTask {
  readonly kind: 'import';
}

/** The loader alone, without anybody who trains. */
export interface DataTask extends Effort, Placed {
  readonly kind: 'data';
  readonly channels: number;
  readonly resolution: number;
  readonly batch: number;
  /** Whether the set waits on the device, or is read as it is needed. */
  readonly resident: boolean;
}

/** The rate of a matrix product 2048³. */
export interface RateTask extends Placed {
  readonly kind: 'rate';
  /** bfloat16 takes minutes where the processor has no instructions for it. */
  readonly precisions: readonly Precision[];
}

/** What parts of a training add to it. */
export interface ExtrasTask extends Placed {
  readonly kind: 'extras';
  readonly precision: Precision;
  /** Seconds for each of them. */
  readonly seconds: number;
}

/** What a participant is asked to do, as JSON on its command line. */
export type Task = TrainTask | SampleTask | OpsTask | ImportTask | DataTask | ExtrasTask | RateTask;

/** A number for each network of a model that learns, by its name. */
export type ByNetwork = Readonly<Record<string, number>>;

/** What a participant answers: the last line of its stdout, as JSON. */
export interface Measured {
  /** By name: `imagesPerSecond`, `peakMemory` (bytes), `add` (nanoseconds) … */
  readonly figures: Readonly<Record<string, number>>;
  /** Trainable parameters. */
  readonly parameters?: ByNetwork;
  /** Forward passes in one step: images that went through, by the batch; two batches joined are two passes. */
  readonly passes?: ByNetwork;
  /** Floating-point operations of one step as PyTorch counted them. */
  readonly flops?: number;
  /** Of the library that computed. */
  readonly version?: string;
  /** What it does otherwise than its name says, as its row in tables shows it. */
  readonly note?: string;
}
