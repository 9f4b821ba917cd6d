import { join } from 'node:path';

/** What Node is started with to run TypeScript: what one process compiled, the others of a test run have. */
export const RUNS_TYPESCRIPT: readonly string[] = ['-r', join(__dirname, 'register.js')];
