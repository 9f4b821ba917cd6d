import { GanError } from '../errors';

let active = false;

/** Runs `body` as what is recorded for replays (a CUDA graph): what a replay would not do again is refused in it. */
export function whileRecording<T>(body: () => T): T {
  active = true;
  try {
    return body();
  } finally {
    active = false;
  }
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
