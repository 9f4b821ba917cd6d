// The process of TrainingPage.
import { realpathSync } from 'node:fs';
import { codeOf, messageOf } from '../errors';
import { RunList } from '../serve/run-list';
import { DashboardServer } from '../serve/server';
import { pageOf, Token } from '../serve/token';
import type { FromPage, ToPage } from './training-page';

let runs: RunList | undefined;
let server: DashboardServer | undefined;

function tell(message: FromPage): void {
  process.send?.(message);
}

async function start(folder: string, port: number): Promise<void> {
  try {
    runs = await RunList.open([folder], { mayCome: true });
    const { LIBTORCH_GAN_TOKEN: secret } = process.env;
    const token = secret ? new Token(secret) : undefined;
    server = await DashboardServer.listen({ runs, host: '127.0.0.1', port, token });
    tell({ kind: 'ready', address: pageOf(server, token) });
  } catch (error) {
    tell({ kind: 'failed', code: codeOf(error) ?? 'ERR_UNKNOWN', message: messageOf(error) });
  }
}

async function note(folder: string, text: string): Promise<void> {
  try {
    // It may have begun since.
    await runs?.scan();
    const path = realpathSync(folder);
    runs?.all.find((run) => run.path === path)?.tell(text);
  } catch {
    // The run has left no folder.
  }
}

async function end(): Promise<void> {
  await server?.close('the training has ended');
  process.exit(0);
}

function take(message: ToPage): Promise<void> {
  if (message.kind === 'start') return start(message.folder, message.port);
  return message.kind === 'note' ? note(message.folder, message.note) : end();
}

/** One message after the other: the last note is shown before the end. */
let last = Promise.resolve();
process.on('message', (message: ToPage) => {
  last = last.then(() => take(message));
});
// The training was killed.
process.on('disconnect', () => process.exit(0));
// Of Ctrl-C and of a closed terminal both processes hear; the training writes its last checkpoint, and ends this one then.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
