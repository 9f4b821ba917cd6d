import { hasCode, messageOf, UsageError } from '../errors';
import { nearest } from '../nearest';
import { version } from '../version';
import type { Host } from './host';
import { Terminal } from './terminal';

interface Command {
  readonly summary: string;
  /** Reads the command's module: only the one that runs is loaded. */
  load(): { main(argv: string[], host?: Host): Promise<number> };
}

const COMMANDS: Readonly<Record<string, Command>> = {
  train: { summary: 'trains a recipe', load: () => require('./train') as typeof import('./train') },
  sample: {
    summary: 'makes images with a checkpoint',
    load: () => require('./sample') as typeof import('./sample'),
  },
  apply: {
    summary: 'gives images to a trained model',
    load: () => require('./apply') as typeof import('./apply'),
  },
  score: {
    summary: 'tells how unusual images are to a trained model',
    load: () => require('./score') as typeof import('./score'),
  },
  invert: {
    summary: 'finds the latent of an image',
    load: () => require('./invert') as typeof import('./invert'),
  },
  directions: {
    summary: 'finds the main axes of an intermediate latent',
    load: () => require('./directions') as typeof import('./directions'),
  },
  export: {
    summary: 'writes a trained model for others to run',
    load: () => require('./export') as typeof import('./export'),
  },
  evaluate: {
    summary: 'judges a generator against a data set',
    load: () => require('./evaluate') as typeof import('./evaluate'),
  },
  import: {
    summary: 'makes a run of weights that PyTorch trained',
    load: () => require('./import') as typeof import('./import'),
  },
  serve: {
    summary: 'shows runs in a browser, and serves images of their models',
    load: () => require('./serve') as typeof import('./serve'),
  },
  doctor: {
    summary: 'tells what was found, and what to type next',
    load: () => require('./doctor') as typeof import('./doctor'),
  },
  setup: {
    summary: 'finds or fetches LibTorch, and compiles the addon',
    load: () => require('./setup') as typeof import('./setup'),
  },
};

/** `libtorch-gan COMMAND …`: runs the command with the rest of the arguments, and tells its exit code. */
export async function main(argv: readonly string[], host: Host = process): Promise<number> {
  const [name, ...rest] = argv;
  const of = name === 'help' && !rest[0]?.startsWith('-') ? rest[0] : undefined;
  if (of === undefined && (name === undefined || name === '--help' || name === 'help')) {
    return printed(help(), { host, code: name === undefined ? 2 : 0 });
  }
  if (name === '--version') {
    return printed(`${version}\n`, { host, code: 0 });
  }
  try {
    if (of !== undefined) return await commandNamed(of).load().main(['--help'], host);
    return await commandNamed(name).load().main(rest, host);
  } catch (error) {
    host.stderr.write(`error: ${messageOf(error)}\n`);
    return hasCode(error, 'ERR_USAGE') ? 2 : 1;
  }
}

function printed(
  text: string,
  { host, code }: { readonly host: Host; readonly code: number },
): Promise<number> {
  const terminal = new Terminal(host);
  terminal.print(text);
  return terminal.settle(code);
}

function commandNamed(name: string): Command {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name];
  const guess = nearest(name, Object.keys(COMMANDS));
  throw new UsageError(
    `${name} is no command: ${guess ? `did you mean ${guess}?` : `expected ${Object.keys(COMMANDS).join(', ')}`}`,
  );
}

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return `Usage: libtorch-gan COMMAND [options]\n\n${lines.join('\n')}\n\nlibtorch-gan COMMAND --help tells a command's options.\n`;
}
