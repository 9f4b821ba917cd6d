// The fault suite: slower than the tests beside it, so `npm test` leaves it out and `npm run test:faults` runs it alone.
const { testPathIgnorePatterns, ...shared } = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  ...shared,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/faults/**/*.test.ts'],
  globalSetup: '<rootDir>/test/faults/global-setup.js',
  globalTeardown: '<rootDir>/test/faults/global-teardown.js',
  reporters: ['default', '<rootDir>/test/faults/count-reporter.js'],
  // Hundreds of processes a test, on machines of any speed.
  testTimeout: 1_800_000,
};
