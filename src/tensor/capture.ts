import { GanError } from '../errors';

let active = false;
let boundaries = 0;

/** Runs `body` as what is captured for replays (a CUDA graph): what a replay would not do again is refused in it. */
export function whileCapturing<T>(body: () => T): T {
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
 * Changes where a capture begins and ends. What was computed at another count must not be used again: a replay would not
 * compute it, or nothing has computed it yet.
 */
export function captureBoundaries(): number {
  return boundaries;
}

/**
 * Called by whatever happens in JavaScript or on the host, where a replay passes by.
 *
 * @param what follows "it", e.g. `reads step.index`
 * @throws GanError `ERR_CAPTURE` inside {@link whileCapturing}
 */
export function refuseDuringCapture(what: string): void {
  if (active) throw new GanError('ERR_CAPTURE', `it ${what}, which a replay would not do again`);
}
