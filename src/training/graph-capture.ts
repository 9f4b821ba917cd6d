import { native } from '../native/addon';
import type { Handle } from '../native/types';
import { whileCapturing } from '../tensor/capture';
import { isCpu } from '../tensor/device';

/** Device work that was captured. */
export interface CapturedGraph {
  /** Does the work again, on the memory it was captured with. */
  replay(): void;
  /** Gives back the graph and its memory. */
  dispose(): void;
}

/**
 * Captures what a function gives to the device, to do it again without the function: CUDA graphs. The graphs of one capture
 * share their memory, so they replay in the order they were made, or any other that leaves nothing between two of them.
 */
export interface GraphCapture {
  /** Runs `body` as it will be captured, for what LibTorch sets up on first use. */
  warmUp(body: () => void): void;
  /**
   * Captures `body`. What it gives to the device is not done before the first replay.
   *
   * @throws what `body` throws, and for what cannot be captured, such as a value read by the host. `reset` is due then.
   */
  capture(body: () => void): CapturedGraph;
  /** Begins anew after a failure: the graphs made so far are of no use any more, and disposed by their owner. */
  reset(): void;
  /** Releases everything but the graphs. */
  dispose(): void;
}

/** Captures CUDA graphs, on a stream of its own and with a pool of memory for all. */
export class CudaGraphCapture implements GraphCapture {
  readonly #device: string;
  #stream: Handle = 0;

  constructor(device: string) {
    this.#device = device;
  }

  warmUp(body: () => void): void {
    this.#onStream(body);
  }

  capture(body: () => void): CapturedGraph {
    const searching = native().benchmark();
    // What the search took in the warm-up is of no use any more, and one in a capture would break it: kernels that were found stay.
    if (searching) native().cudaEmptyCache();
    native().setBenchmark(false);
    try {
      return this.#captureOnStream(body);
    } finally {
      native().setBenchmark(searching);
    }
  }

  #captureOnStream(body: () => void): CapturedGraph {
    return this.#onStream((stream) => {
      // Dropout and the like draw from it.
      const generator = native().defaultGenerator(this.#device);
      try {
        return new CudaGraph(captureOn(stream, { generators: [generator], body }));
      } finally {
        native().releaseGenerator(generator);
      }
    });
  }

  reset(): void {
    this.dispose();
  }

  dispose(): void {
    if (this.#stream !== 0) native().releaseResource(this.#stream);
    this.#stream = 0;
  }

  #onStream<T>(body: (stream: Handle) => T): T {
    if (this.#stream === 0) this.#stream = native().makeCaptureStream(this.#device);
    const stream = this.#stream;
    native().enterCaptureStream(stream);
    try {
      return body(stream);
    } finally {
      native().leaveCaptureStream(stream);
    }
  }
}

function captureOn(
  stream: Handle,
  { generators, body }: { generators: readonly Handle[]; body: () => void },
): Handle {
  const graph = native().beginCapture(stream, generators);
  try {
    whileCapturing(body);
    native().endCapture(graph);
    return graph;
  } catch (error) {
    native().abandonCapture(graph);
    throw error;
  }
}

class CudaGraph implements CapturedGraph {
  readonly #handle: Handle;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  replay(): void {
    native().replayGraph(this.#handle);
  }

  dispose(): void {
    native().releaseResource(this.#handle);
  }
}

/** What captures graphs on a device, where that is wanted and can be: null for nothing. */
export function makeCapture(
  graphs: boolean | ((device: string) => GraphCapture),
  device: string,
): GraphCapture | null {
  if (typeof graphs === 'function') return graphs(device);
  return graphs && !isCpu(device) ? new CudaGraphCapture(device) : null;
}
