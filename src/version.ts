import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './native/root';

/** The library's version, from package.json. */
export const version: string = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')).version;
