import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { UsageError } from '../errors';
import { readConfig } from '../recipes/config';
import type { Host } from './host';
import { createProgram, type Invocation, RECIPE_HELP, runProgram } from './program';
import { serveFields } from './serve-settings';
import { environmentSource, flagSource } from './settings';

/** Where `train` puts runs that nobody names. */
const USUAL = 'runs';

/**
 * `serve [RUN...]`: a page of runs, live while they train, and images of their models, by HTTP.
 *
 * @returns the exit code: 1 failed, 2 usage, 129, 130 or 143 after SIGHUP, SIGINT or SIGTERM
 */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  return runProgram(serveProgram(), { argv, host }, (invocation) => serve(invocation, host));
}

function serveProgram(): Command {
  return createProgram(
    'serve',
    'Shows runs in a browser, live while they train, and makes images of their models on request. Only this machine gets in, unless --host says otherwise.',
  )
    .argument('[runs...]', `run directories, or folders of them, also of runs to come (${USUAL})`)
    .option('--port <n>', 'where to listen; 0 takes one that is free (0)')
    .option(
      '--host <address>',
      'the address to listen at: 0.0.0.0 for all of this machine; beyond the machine itself a token is needed (127.0.0.1)',
    )
    .option(
      '--token <text>',
      'what whoever asks must know, at least 16 letters; also LIBTORCH_GAN_TOKEN (none on the machine itself, else one is made and printed)',
    )
    .option('--recipe <file>', RECIPE_HELP)
    .option(
      '--device <device>',
      'where models run: auto, cpu, cuda or cuda:N; also LIBTORCH_GAN_DEVICE (auto)',
    );
}

async function serve({ options, args, terminal }: Invocation, host: Host): Promise<number> {
  const { json: _json, quiet: _quiet, color: _color, ...flags } = options;
  const { LIBTORCH_GAN_DEVICE, LIBTORCH_GAN_TOKEN } = host.env;
  const environment = environmentSource({ LIBTORCH_GAN_DEVICE });
  const settings = readConfig(serveFields, [flagSource(flags), environment]);
  if (args.length === 0 && !existsSync(USUAL))
    throw new UsageError(
      `serve expects run directories, or folders of them, but got nothing, and there is no ${USUAL}/ here: try serve runs/NAME`,
    );
  // Only now: --help and wrong calls load no server.
  const { runServe } = require('./serve-run') as typeof import('./serve-run');
  const paths = args.length > 0 ? args : [USUAL];
  return runServe(
    { ...settings, token: settings.token ?? (LIBTORCH_GAN_TOKEN || undefined), paths },
    { host, terminal },
  );
}
