import { type Handle, native } from '../native/addon';
import { whileRecording } from '../tensor/recording';

/** Device work that was recorded. */
export interface Recording {
  /** Does the work again, on the memory it was recorded with. */
  replay(): void;
  /** Gives back the recording and its memory. */
  dispose(): void;
}

/**
 * Records what a function gives to the device, to do it again without the function: CUDA graphs. Recordings of one recorder
 * share their memory, so they replay in the order they were made, or any other that leaves nothing between two of them.
 */
export interface Recorder {
  /** Runs `body` as it will be recorded, for what LibTorch sets up on first use. */
  warmUp(body: () => void): void;
  /**
   * Records `body`. What it gives to the device is not done before the first replay.
   *
   * @throws what `body` throws, and for what cannot be recorded, such as a value read by the host. `reset` is due then.
   */
  record(body: () => void): Recording;
  /** Begins anew after a failure: the recordings made so far are of no use any more, and disposed by their owner. */
  reset(): void;
  /** Releases everything but the recordings. */
  dispose(): void;
}

/** Records CUDA graphs, on a stream of its own and with a pool of memory for all. */
export class CudaRecorder implements Recorder {
  readonly #device: string;
  #studio: Handle = 0;

  constructor(device: string) {
    this.#device = device;
  }

  warmUp(body: () => void): void {
    this.#inside(body);
  }

  record(body: () => void): Recording {
    return this.#inside((studio) => {
      // Dropout and the like draw from it.
      const generator = native().defaultGenerator(this.#device);
      try {
        return new CudaRecording(recordIn(studio, { generators: [generator], body }));
      } finally {
        native().releaseGenerator(generator);
      }
    });
  }

  reset(): void {
    this.dispose();
  }

  dispose(): void {
    if (this.#studio !== 0) native().releaseResource(this.#studio);
    this.#studio = 0;
  }

  #inside<T>(body: (studio: Handle) => T): T {
    if (this.#studio === 0) this.#studio = native().makeStudio(this.#device);
    const studio = this.#studio;
    native().enterStudio(studio);
    try {
      return body(studio);
    } finally {
      native().leaveStudio(studio);
    }
  }
}

function recordIn(
  studio: Handle,
  { generators, body }: { generators: readonly Handle[]; body: () => void },
): Handle {
  const recording = native().beginRecording(studio, generators);
  try {
    whileRecording(body);
    native().endRecording(recording);
    return recording;
  } catch (error) {
    native().abandonRecording(recording);
    throw error;
  }
}

class CudaRecording implements Recording {
  readonly #handle: Handle;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  replay(): void {
    native().replayRecording(this.#handle);
  }

  dispose(): void {
    native().releaseResource(this.#handle);
  }
}
