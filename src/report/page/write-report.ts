import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathText } from '../../check';
import { quote } from '../../io/shell-quote';
import { writeWhole } from '../../io/whole-file';
import { readRun } from './read-run';
import { renderPage } from './render';
import type { CommandLine } from './sections/commands';

/** How {@link writeReport} writes. */
export interface ReportOptions {
  /** The time the page gives as its own (now). */
  readonly now?: Date;
  /** What the page tells a reader to type (`npx libtorch-gan COMMAND …`). */
  readonly commandLine?: CommandLine;
}

/**
 * Writes `report.html` into a run directory: curves, metrics, samples, configuration, in one file that loads nothing. It reads
 * what the run has; a training may go on meanwhile, and may write it again. Readers find the old page or the new one, never half.
 *
 * @returns the file's path
 * @throws GanError `ERR_NO_RUN` where the folder holds no run, `ERR_CANNOT_READ`, `ERR_CANNOT_WRITE`
 */
export async function writeReport(runDirectory: string, options: ReportOptions = {}): Promise<string> {
  pathText('writeReport', runDirectory);
  const { now = new Date(), commandLine = packageCommand } = options;
  const page = renderPage(await readRun(runDirectory), { now, commandLine });
  const file = join(runDirectory, 'report.html');
  await writeWhole(file, (partial) => writeFile(partial, page));
  return file;
}

function packageCommand(command: string, args: readonly string[]): string {
  return ['npx libtorch-gan', command, ...args.map(quote)].join(' ');
}
