// The fault suite: slower than the tests beside it, so `npm test` leaves it out and `npm run test:faults` runs it alone.
const { testPathIgnorePatterns, ...shared } = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  ...shared,
  rootDir: '../..',
  testMatch: ['<rootDir>/test/faults/**/*.test.ts'],
  reporters: ['default', '<rootDir>/test/faults/count-reporter.js'],
  testTimeout: 600_000,
};
