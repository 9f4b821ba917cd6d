import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { quote } from '../io/shell-quote';
import { packageRoot } from '../native/root';

/** What to type to run a command: `npx ts-node scripts/sample.ts` in a clone, `npx libtorch-gan sample` elsewhere. */
export function commandLine(command: string, args: readonly string[]): string {
  const isClone = existsSync(join(packageRoot(), 'scripts', `${command}.ts`));
  const start = isClone ? `npx ts-node scripts/${command}.ts` : `npx libtorch-gan ${command}`;
  return [start, ...args.map(quote)].join(' ');
}
