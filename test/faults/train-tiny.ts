// A training of a tiny model in a process of its own, which ends as the commands do: `train-tiny.ts OUT STEPS [resume]`.
import { createProgram, runProgram } from '../../src/cli/program';
import { trainTiny } from './tiny-run';

const program = createProgram('train-tiny', 'trains a tiny model').argument('<out>').argument('<steps>');
const argv = process.argv.slice(2);

runProgram(program.argument('[resume]'), { argv, host: process }, async ({ args, terminal }) => {
  const [out, steps, resume] = args;
  const notes = await trainTiny(out, { steps: Number(steps), resume: resume !== undefined });
  for (const note of notes) terminal.warn(note);
  return 0;
}).then((code) => {
  process.exitCode = code;
});
