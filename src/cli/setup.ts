import { Option } from 'commander';
import { GanError, hasCode, messageOf } from '../errors';
import { doctorCommand, setupCommand } from '../native/root';
import { setup } from '../setup/setup';
import type { Host } from './host';
import { createProgram, runProgram } from './program';
import type { Terminal } from './terminal';

const HELP = `
Where an NVIDIA driver answers (nvidia-smi, or libcuda), it is a LibTorch with CUDA that this driver runs, else one for the CPU;
LIBTORCH_GAN_LIBTORCH=cpu|cuda decides otherwise. A prebuilt addon, in an optional package beside this one, is taken where it fits
that LibTorch, and nothing is compiled then. LIBTORCH=DIR names a LibTorch to use; LIBTORCH_GAN_URL=URL a zip or wheel to
fetch; XDG_CACHE_HOME=DIR where it is kept.`;

/**
 * `setup [--cuda] [--compile]`: finds LibTorch or fetches it, and compiles the addon unless a prebuilt one fits. With `--from-npm`, which `npm install` passes, a
 * machine on which that cannot be done is no failure: npm would take back all it installed.
 */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  const program = createProgram(
    'setup',
    "Finds LibTorch, or fetches it into the user's cache, and compiles the addon, unless a prebuilt one fits.",
  )
    .option('--cuda', 'a LibTorch with CUDA or none, whatever the driver says; fetching one takes several GB')
    .option('--compile', 'compile, also where a prebuilt addon fits')
    .addOption(new Option('--from-npm').hideHelp())
    .addHelpText('after', HELP);
  return runProgram(program, { argv, host }, async ({ options, terminal }) => {
    try {
      const result = await setup({
        cuda: options.cuda,
        compile: options.compile,
        env: host.env,
        stderr: terminal.quiet ? null : terminal.stderr,
      });
      terminal.record(result);
      return 0;
    } catch (error) {
      if (!options.fromNpm) printCompilerOutput(error, terminal);
      const advice = `then run \`${setupCommand()}\` (\`${doctorCommand()}\` tells more)`;
      terminal.error(`the native addon is not built: ${messageOf(error)}; ${advice}`);
      if (options.fromNpm) return 0;
      return hasCode(error, 'ERR_USAGE') ? 2 : 1;
    }
  });
}

function printCompilerOutput(error: unknown, terminal: Terminal): void {
  if (error instanceof GanError && error.code === 'ERR_COMPILE') terminal.log(String(error.cause).trimEnd());
}
