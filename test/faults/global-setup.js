const { execFileSync } = require('node:child_process');
const { mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const setUpTests = require('../support/global-setup.js');

/** Makes the suite's folder, with what is preloaded into its processes: only Linux takes that, so elsewhere the tests that need it skip. */
module.exports = function setUp() {
  setUpTests();
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  // The workers that run the tests inherit both.
  process.env.LIBTORCH_GAN_FAULTS = folder;
  if (process.platform !== 'linux') return;
  const library = join(folder, 'preload.so');
  const flags = ['-std=c++17', '-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', library];
  execFileSync('c++', [...flags, join(__dirname, 'preload.cc'), '-ldl'], { stdio: 'inherit' });
  process.env.LIBTORCH_GAN_FAULT_PRELOAD = library;
};
