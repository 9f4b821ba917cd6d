import { getRngState, setRngState } from '../../src/tensor/random';
import { whileRecording } from '../../src/tensor/recording';
import type { Recorder, Recording } from '../../src/training/recorder';

/**
 * CUDA graphs without CUDA: remembers a function and runs it again. Unlike a graph it does the work while it is recorded, so
 * the first replay does nothing.
 */
export class StandInRecorder implements Recorder {
  /** What happened, in order, e.g. `warm-up`, `record 1`, `replay 1`, `drop 1`, `reset`, `dispose`. */
  readonly events: string[] = [];
  #made = 0;

  warmUp(body: () => void): void {
    this.events.push('warm-up');
    body();
  }

  record(body: () => void): Recording {
    const random = getRngState();
    try {
      whileRecording(body);
    } catch (error) {
      // Nothing of a recording that failed was done.
      setRngState(random);
      throw error;
    }
    const name = ++this.#made;
    this.events.push(`record ${name}`);
    let done = true;
    return {
      replay: () => {
        this.events.push(`replay ${name}`);
        if (!done) whileRecording(body);
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
