const { rmSync } = require('node:fs');

module.exports = function tearDown() {
  rmSync(process.env.LIBTORCH_GAN_COMPILED, { recursive: true, force: true });
};
