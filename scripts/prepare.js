// What npm runs at the end of `npm install` in a clone. Plain JavaScript, since the tools that run TypeScript are devDependencies:
// an install without them must end well, and say what is left to do.
try {
  require('ts-node/register');
  require.resolve('@swc/core');
} catch {
  console.error(
    'libtorch-gan: the native addon is not built, since devDependencies are not installed: run `npm install --include=dev`',
  );
  process.exit(0);
}
process.argv.push('--from-npm');
require('./setup.ts');
