// Packs the addon, compiled for this machine, as the optional package of libtorch-gan that saves others the compiler.
//   npm run package:native [-- FOLDER]      (packages/)
import { join, resolve } from 'node:path';
import { messageOf } from '../src/errors';
import { packageRoot } from '../src/native/root';
import { packNative } from './packing/native-package';

packNative(resolve(process.argv[2] ?? join(packageRoot(), 'packages'))).then(
  ({ file }) => console.log(file),
  (error) => {
    console.error(`error: ${messageOf(error)}`);
    process.exitCode = 1;
  },
);
