// `node -r register.js FILE.ts` runs TypeScript as ts-node does, without loading its compiler, and keeps what it compiled in the folder
// `LIBTORCH_GAN_COMPILED`, which the tests make: they start hundreds of processes of the same sources.
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const folder = process.env.LIBTORCH_GAN_COMPILED;
mkdirSync(folder, { recursive: true });

require.extensions['.ts'] = (module, path) => {
  const source = readFileSync(path, 'utf8');
  const name = createHash('sha256').update(`${path}\n${source}`).digest('hex');
  module._compile(
    kept(join(folder, `${name}.js`), () => compile(path, source)),
    path,
  );
};

/** What a file holds, or what is made and written into it. */
function kept(file, make) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const made = make();
    const partial = `${file}.${process.pid}`;
    try {
      writeFileSync(partial, made);
      renameSync(partial, file);
    } catch {
      // In a process that may not write, whichever comes first: it is only slower.
      rmSync(partial, { force: true });
    }
    return made;
  }
}

function compile(filename, source) {
  const jsc = { parser: { syntax: 'typescript' }, target: 'es2022' };
  const { transformSync } = require('@swc/core');
  return transformSync(source, { filename, swcrc: false, jsc, module: { type: 'commonjs' } }).code;
}
