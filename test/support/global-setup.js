const { mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/** Makes the folder in which the processes that tests start keep what they compiled: the workers that run the tests inherit its name. */
module.exports = function setUp() {
  process.env.LIBTORCH_GAN_COMPILED = mkdtempSync(join(tmpdir(), 'compiled-'));
};
