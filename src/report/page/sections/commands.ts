import { isJsonObject } from '../../../io/json';
import { recipeFlag } from '../../../io/program-name';
import { type Html, html } from '../html';
import type { RunData } from '../read-run';
import { plannedSteps } from './overview';

/** What to type to run a command of this library with arguments. */
export type CommandLine = (command: string, args: readonly string[]) => string;

/** The commands that go on from the run. */
export function commandsSection(run: RunData, commandLine: CommandLine): Html {
  const { directory, metrics, bestStep, config } = run;
  const recipe = recipeFlag(isJsonObject(config.settings) ? config.settings.recipe : undefined);
  const planned = plannedSteps(run);
  const isDone = planned !== undefined && metrics.lastStep >= planned;
  const sample = (from: string) => [
    '--checkpoint',
    from,
    ...recipe,
    '--count',
    '64',
    '--seed',
    '1',
    '--out',
    'grid.png',
  ];
  const commands: [string, string][] = [
    isDone
      ? ['Train on', commandLine('train', ['--resume', directory, ...recipe, '--steps', String(2 * planned)])]
      : ['Resume', commandLine('train', ['--resume', directory, ...recipe])],
    ['Sample', commandLine('sample', sample(directory))],
  ];
  if (bestStep !== undefined)
    commands.push([
      'Sample the best',
      commandLine('sample', sample(`${directory.replace(/\/+$/, '')}/best`)),
    ]);
  return html`<section aria-labelledby="commands">
<h2 id="commands">Go on</h2>
<dl class="commands">${commands.map(
    ([what, line]) =>
      html`<div><dt>${what}</dt><dd><code>${line}</code><button type="button" class="copy" hidden>Copy</button></dd></div>
`,
  )}</dl>
</section>
`;
}
