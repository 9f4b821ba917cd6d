import { memberPlace, STOP_SIGNAL } from './member';
import { main } from './train';

// The program of a process that `train --processes` has started. Where that was killed, the training ends in order.
if (memberPlace(process.env, 'auto')?.rank === 0) {
  process.stdin.on('end', () => process.kill(process.pid, STOP_SIGNAL)).resume();
  process.stdin.unref();
}

void main(process.argv.slice(1)).then((code) => {
  process.exitCode = code;
});
