import { whileCapturing } from '../../src/tensor/capture';
import { getRngState, setRngState } from '../../src/tensor/random';
import type { CapturedGraph, GraphCapture } from '../../src/training/graph-capture';

/**
 * CUDA graphs without CUDA: remembers a function and runs it again. Unlike a graph it does the work while it is captured, so
 * the first replay does nothing.
 */
export class StandInCapture implements GraphCapture {
  /** What happened, in order, e.g. `warm-up`, `capture 1`, `replay 1`, `drop 1`, `reset`, `dispose`. */
  readonly events: string[] = [];
  #made = 0;

  warmUp(body: () => void): void {
    this.events.push('warm-up');
    body();
  }

  capture(body: () => void): CapturedGraph {
    const random = getRngState();
    try {
      whileCapturing(body);
    } catch (error) {
      // Nothing of a capture that failed was done.
      setRngState(random);
      throw error;
    }
    const name = ++this.#made;
    this.events.push(`capture ${name}`);
    let done = true;
    return {
      replay: () => {
        this.events.push(`replay ${name}`);
        if (!done) whileCapturing(body);
        done = false;
      },
      dispose: () => void this.events.push(`drop ${name}`),
    };
  }

  reset(): void {
    this.events.push('reset');
  }

  dispose(): void {
    this.events.push('dispose');
  }
}
