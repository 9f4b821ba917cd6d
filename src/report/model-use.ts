/** What to run with a trained model, and with which flags beside its checkpoint. */
const COMMANDS = {
  sample: ['sample', '--count', '64', '--seed', '1', '--out', 'grid.png'],
  apply: ['apply', '--in', 'photos', '--out', 'made'],
  fill: ['apply', '--in', 'photos', '--mask', 'masks', '--out', 'made'],
  score: ['score', '--in', 'photos', '--maps', 'maps'],
} as const;

/** What a trained model is for. */
export type ModelUse = keyof typeof COMMANDS;

/** The command, and its arguments, for a checkpoint of a model that is for `use`. */
export function useOfModel(
  use: ModelUse,
  { checkpoint, recipe }: { readonly checkpoint: string; readonly recipe: readonly string[] },
): readonly [command: string, args: readonly string[]] {
  const [command, ...flags] = COMMANDS[use];
  return [command, ['--checkpoint', checkpoint, ...recipe, ...flags]];
}
