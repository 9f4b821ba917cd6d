import { setupSteps } from '../../benchmarks/setup-tfjs';

test('tfjs is installed without its scripts, and its addon compiled with the flags it wants', () => {
  const steps = setupSteps('/cache/tfjs', { PYTHON: 'some-python' }, '/repo');
  const lines = steps.map(({ command: { file, args } }) => [file, ...args].join(' '));
  expect(lines[0]).toMatch(/^npm install --ignore-scripts .*@tensorflow\/tfjs-node@/);
  expect(lines[1]).toMatch(/^some-python -m pip download .*-d \/cache\/tfjs\/wheel tensorflow-cpu$/);
  expect(lines[3]).toMatch(
    /node-gyp\.js rebuild .*--module_name=tfjs_binding --module_path=\/cache\/tfjs\/node_modules\/@tensorflow\/tfjs-node\/lib\/napi-v8 --napi_build_version=8$/,
  );
});
