/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // They have a configuration of their own: `npm run test:faults`.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/faults/'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  setupFilesAfterEnv: ['<rootDir>/test/support/setup.ts'],
  // The addon is loaded once per process, so every file of a worker shares it; two workers fill the smallest machine.
  maxWorkers: 2,
  testTimeout: 60_000,
  // Unloading LibTorch takes its time where the machine is busy, and is no leak.
  workerGracefulExitTimeout: 10_000,
};
