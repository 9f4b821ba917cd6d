import { once } from 'node:events';
import { isLoopback } from '../serve/gate';
import { RunList } from '../serve/run-list';
import { DashboardServer } from '../serve/server';
import { pageOf, Token } from '../serve/token';
import { listenForInterrupt } from './interrupt';
import { ModelThread } from './model-thread';
import type { ServeSettings } from './serve-settings';
import type { CommandContext } from './terminal';

/**
 * Serves until a signal comes, and ends in order then.
 *
 * @returns the exit code that tells of the signal: 129, 130 or 143
 */
export async function runServe(settings: ServeSettings, { host, terminal }: CommandContext): Promise<number> {
  const { paths, port, host: address, device, recipe } = settings;
  const token = tokenOf(settings);
  const runs = await RunList.open(paths);
  const models = new ModelThread({ device, recipe });
  const server = await DashboardServer.listen({
    ...{ runs, models, host: address, port, token },
    onError: (problem) => terminal.warn(problem),
  });
  const interrupt = listenForInterrupt(host, () =>
    terminal.log('ending: requests in work are answered; once more to leave at once'),
  );
  try {
    const page = pageOf(server, token);
    const names = runs.all.map(({ name }) => name);
    terminal.result(`page     ${page}`);
    terminal.result(`runs     ${names.length > 0 ? names.join(', ') : 'none yet'}`);
    terminal.record({ event: 'start', page, runs: names });
    if (!isLoopback(address))
      terminal.warn(
        `whoever knows the token gets in from outside, and reads along on the way: beyond a network you trust, take a tunnel (ssh -L) or a proxy with TLS`,
      );
    // Of a server whose address nobody was told nothing would be asked.
    if (!(await terminal.failure()) && !interrupt.signal.aborted) await once(interrupt.signal, 'abort');
    await server.close();
    terminal.record({ event: 'end' });
    return interrupt.exitCode ?? 0;
  } finally {
    interrupt.dispose();
  }
}

/** @throws UsageError for one that is too short */
function tokenOf({ token, host }: ServeSettings): Token | undefined {
  if (token !== undefined) return new Token(token);
  return isLoopback(host) ? undefined : Token.random();
}
