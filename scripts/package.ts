// Packs what others install: the library, and the optional package with the addon for this machine, which the library's package names.
//   npm run package [-- FOLDER]      (packages/)
import { join, resolve } from 'node:path';
import { messageOf } from '../src/errors';
import { packageRoot } from '../src/native/root';
import { packLibrary } from './packing/main-package';
import { packNative } from './packing/native-package';

async function main(out: string): Promise<void> {
  const native = await packNative(out);
  const library = packLibrary(out, [native]);
  console.log(`npm install ${library.file} ${native.file}`);
}

const HELP = `Usage: npm run package [-- FOLDER]

Packs the library, and the package with the addon for this machine, into FOLDER (packages/).`;

if (process.argv.includes('--help')) console.log(HELP);
else
  main(resolve(process.argv[2] ?? join(packageRoot(), 'packages'))).catch((error) => {
    console.error(`error: ${messageOf(error)}`);
    process.exitCode = 1;
  });
