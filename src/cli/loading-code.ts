import { extname, join } from 'node:path';
import { packageRoot } from '../native/root';

/** JavaScript that loads a module of this folder in a thread or process of its own, which in a clone has ts-node to read it first. */
export function loadingCode(module: string): string {
  const ending = extname(__filename);
  const load = `require(${JSON.stringify(join(__dirname, `${module}${ending}`))});`;
  if (ending !== '.ts') return load;
  const options = { project: join(packageRoot(), 'tsconfig.json') };
  return `require(${JSON.stringify(require.resolve('ts-node'))}).register(${JSON.stringify(options)});${load}`;
}
