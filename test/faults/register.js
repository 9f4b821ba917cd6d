// `node -r register.js FILE.ts` runs TypeScript as ts-node does, but keeps what it compiled in the folder `LIBTORCH_GAN_FAULTS`: the suite
// starts hundreds of processes of the same sources.
const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const folder = join(process.env.LIBTORCH_GAN_FAULTS, 'compiled');
mkdirSync(folder, { recursive: true });

require.extensions['.ts'] = (module, path) => {
  const name = createHash('sha256').update(path).digest('hex');
  const compiled = join(folder, `${name}.js`);
  if (!existsSync(compiled)) {
    const partial = `${compiled}.${process.pid}`;
    writeFileSync(partial, compile(path));
    renameSync(partial, compiled);
  }
  module._compile(readFileSync(compiled, 'utf8'), path);
};

function compile(path) {
  const jsc = { parser: { syntax: 'typescript' }, target: 'es2022' };
  const { transformSync } = require('@swc/core');
  return transformSync(readFileSync(path, 'utf8'), {
    filename: path,
    swcrc: false,
    jsc,
    module: { type: 'commonjs' },
  }).code;
}
