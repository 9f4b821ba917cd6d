const { rmSync } = require('node:fs');
const tearDownTests = require('../support/global-teardown.js');

module.exports = function tearDown() {
  tearDownTests();
  rmSync(process.env.LIBTORCH_GAN_FAULTS, { recursive: true });
};
