import { main } from './train';

// The program of a process that `train --processes` has started.
void main(process.argv.slice(1)).then((code) => {
  process.exitCode = code;
});
