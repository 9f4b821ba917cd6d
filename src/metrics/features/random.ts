import { defaultDevice } from '../../tensor/device';
import { getRngState, setRngState } from '../../tensor/random';

/** Runs `body`, e.g. the building of a network whose layers draw first weights, and puts the global generator back where it was. */
export function untouchedRandom<T>(body: () => T): T {
  const device = defaultDevice();
  const state = getRngState(device);
  try {
    return body();
  } finally {
    setRngState(state, device);
  }
}
