import { isJsonObject, type JsonObject } from '../../../io/json';
import { recipeFlag } from '../../../io/program-name';
import { type ModelUse, useOfModel } from '../../model-use';
import { type Html, html } from '../html';
import type { RunData } from '../read-run';
import { plannedSteps } from './overview';

/** What to type to run a command of this library with arguments. */
export type CommandLine = (command: string, args: readonly string[]) => string;

/** What commands are for, in a word each. */
const NAMES: Readonly<Record<ModelUse, string>> = {
  sample: 'Sample',
  apply: 'Apply',
  fill: 'Fill holes',
  score: 'Score',
};

/** The commands that go on from the run. */
export function commandsSection(run: RunData, commandLine: CommandLine): Html {
  const { directory, bestStep, config } = run;
  const recipe = recipeFlag(isJsonObject(config.settings) ? config.settings.recipe : undefined);
  const use = useOf(run);
  const using = (checkpoint: string) => commandLine(...useOfModel(use, { checkpoint, recipe }));
  const commands: [string, string][] = [
    ...goingOn(run).map(([what, args]): [string, string] => [
      what,
      commandLine('train', ['--resume', directory, ...recipe, ...args]),
    ]),
    [NAMES[use], using(directory)],
  ];
  if (bestStep !== undefined)
    commands.push([`${NAMES[use]}, by the best weights`, using(`${directory.replace(/\/+$/, '')}/best`)]);
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

/** How `train` goes on with the run: not with one that a script or an import has made, nor with one that is done and must stay as long as it is. */
function goingOn(run: RunData): [what: string, args: readonly string[]][] {
  const { config, metrics } = run;
  if (!isJsonObject(config.settings) || typeof config.settings.recipe !== 'string') return [];
  if (config.imported === true) return [];
  const planned = plannedSteps(run);
  if (planned === undefined || metrics.lastStep < planned) return [['Resume', []]];
  return config.fixedLength === undefined ? [['Train on', ['--steps', String(2 * planned)]]] : [];
}

/** By what the run says of its model: what it found normal, what its images are made of. */
function useOf({ config, threshold }: RunData): ModelUse {
  if (threshold) return 'score';
  if (config.latentShape !== undefined || config.dataset === undefined) return 'sample';
  return specsOf(config).mask === undefined ? 'apply' : 'fill';
}

function specsOf({ dataset }: JsonObject): JsonObject {
  return isJsonObject(dataset) && isJsonObject(dataset.specs) ? dataset.specs : {};
}
