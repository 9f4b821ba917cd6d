import { GanError } from '../errors';

let active = false;
let boundaries = 0;

/** Runs `body` as what is recorded for replays (a CUDA graph): what a replay would not do again is refused in it. */
export function whileRecording<T>(body: () => T): T {
  active = true;
  boundaries++;
  try {
    return body();
  } finally {
    active = false;
    boundaries++;
  }
}

/**
 * Changes where recording begins and ends. What was computed at another count must not be used again: a replay would not
 * compute it, or nothing has computed it yet.
 */
export function recordingBoundaries(): number {
  return boundaries;
}

/**
 * Called by whatever happens in JavaScript or on the host, where a replay passes by.
 *
 * @param what follows "it", e.g. `reads step.index`
 * @throws GanError `ERR_RECORDING` inside {@link whileRecording}
 */
export function refuseRecording(what: string): void {
  if (active) throw new GanError('ERR_RECORDING', `it ${what}, which a replay would not do again`);
}
