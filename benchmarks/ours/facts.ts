// What LibTorch is and has here, for the harness, which does not load it: a device that cannot be used ends this with an error.
import { deviceFacts, resolveDevice } from '../../src';

try {
  const device = resolveDevice(process.argv[2]);
  console.log(JSON.stringify({ device, ...deviceFacts() }));
} catch (error) {
  console.error(error instanceof Error ? error.message.replaceAll(/\s*\n\s*/g, '; ') : error);
  process.exitCode = 1;
}
