import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, type CommanderError, type OptionValues } from 'commander';
import { hasCode, messageOf } from '../errors';
import { tuneProcess } from '../native/addon';
import { packageRoot } from '../native/root';
import { advise } from '../nearest';
import type { Host } from './host';
import { Terminal } from './terminal';

/** What a command was called with, once commander has read it. */
export interface Invocation {
  readonly options: OptionValues;
  readonly args: readonly string[];
  readonly terminal: Terminal;
}

/** What `--recipe` is, of commands that open a checkpoint. */
export const RECIPE_HELP =
  'the file of the recipe, for a run of one: a checkpoint that names a program does not have it run by itself';

/** What `--key` is, of commands that read files of weights. */
export const KEY_HELP =
  'the entry of the file that holds the tensors, netG or model.netG (g_ema, params_ema, state_dict, model_state_dict, params or model, else all that there are)';

/** A command with the flags that all have: `--json --quiet --no-color --help --version`. */
export function createProgram(name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .option('--json', 'results as JSON, one object a line')
    .option('--quiet', 'no progress and no logs')
    .option('--no-color', 'no colours and no moving bar; NO_COLOR=1 does the same')
    .helpOption('--help', 'this text')
    .version(packageVersion(), '--version', 'the version of libtorch-gan');
}

/**
 * Reads `argv`, runs the command and tells its exit code: what `run` returns, 0 after `--help` and `--version`, 2 when the
 * call was wrong, 1 when it failed or its results could not be written. Errors are one line on stderr; their stack comes with `DEBUG=libtorch-gan`. Never rejects.
 */
export async function runProgram(
  program: Command,
  { argv, host }: { readonly argv: readonly string[]; readonly host: Host },
  run: (invocation: Invocation) => Promise<number>,
): Promise<number> {
  const plain = new Terminal(host, { color: !argv.includes('--no-color') });
  program
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: (text) => plain.print(text),
      // Reported below, in one line.
      outputError: () => {},
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .action(() => {});
  try {
    program.parse(argv, { from: 'user' });
    tuneProcess();
    const options = program.opts();
    const terminal = new Terminal(host, options);
    return await terminal.settle(await run({ options, args: program.args, terminal }));
  } catch (error) {
    // `--help` and `--version` come this way.
    if (isCommanderError(error) && error.exitCode === 0) return plain.settle(0);
    return reportError(error, { program, host, terminal: plain });
  }
}

function reportError(
  error: unknown,
  { program, host, terminal }: { program: Command; host: Host; terminal: Terminal },
): number {
  const wrongCall = isCommanderError(error);
  terminal.error(wrongCall ? describe(error, program) : withFlags(oneLine(messageOf(error)), program));
  if (isDebug(host)) terminal.log(stackOf(error));
  return wrongCall || hasCode(error, 'ERR_USAGE') ? 2 : 1;
}

/** Commander's message in one line, with the nearest flag for one that is unknown. */
function describe(error: CommanderError, program: Command): string {
  const quoted = /'(-[^'=]*)/.exec(error.message)?.[1];
  if (error.code === 'commander.unknownOption' && quoted !== undefined) {
    const flags = program.options.flatMap((option) => option.long ?? []);
    return `${quoted} is no flag of ${program.name()}${advise(quoted, [...flags, '--help'], '--help lists them')}`;
  }
  if (error.code === 'commander.optionMissingArgument' && quoted !== undefined)
    return `${quoted.replace(' ', ' expects ')}, but got nothing; --help tells more`;
  return `${oneLine(error.message).replace(/^error: |\.$/g, '')}; --help tells more`;
}

/**
 * A message of the library with its options called as the command calls them: `checkpointEvery` is `--checkpoint-every`. Parts of paths,
 * of other names and of what is quoted stay.
 */
function withFlags(message: string, { options }: Command): string {
  const flags = new Map(options.map((option) => [option.attributeName(), option.long]));
  return message.replace(
    /(?<![\w./\\"'=-]|--set )[a-z]+(?:[A-Z][a-z]*)+(?![\w/\\"'=-]|\.\w)/g,
    (name) => flags.get(name) ?? name,
  );
}

function isCommanderError(error: unknown): error is CommanderError {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('commander.')
  );
}

function oneLine(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('; ');
}

function isDebug(host: Host): boolean {
  return (host.env.DEBUG ?? '').split(',').includes('libtorch-gan');
}

function stackOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('stack' in error)) return String(error);
  const cause = 'cause' in error && error.cause !== undefined ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack}${cause}`;
}

function packageVersion(): string {
  const description: unknown = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  const known = typeof description === 'object' && description !== null && 'version' in description;
  return known ? String(description.version) : 'unknown';
}
