import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main as exporting } from '../../src/cli/export';
import { main as sample } from '../../src/cli/sample';
import { isRun } from '../../src/serve/live-run';
import { call } from './applying';
import { callStyled, styledTests } from './styled-runs';

const { runs, at } = styledTests();

describe('refused in one line, with exit code 2', () => {
  test.each<[string[], RegExp]>([
    [[], /^error: --checkpoint expects a path, but got nothing: try --checkpoint runs\/NAME/],
    [['--checkpoint', 'a'], /--out expects a path, but got nothing: try --out model\.onnx/],
    [['--checkpoint', 'a', '--format', 'web'], /--out expects a path, but got nothing: try --out page/],
    [['--format', 'onxn'], /--format expects onnx, web, torchscript or safetensors, but got "onxn"/],
    [
      ['--checkpoint', 'a', '--out', 'b', '--opset', '12'],
      /--opset expects 17 or 18, .*but got 12: try --opset 17/,
    ],
    [['--precision', 'float8'], /--precision expects float32 or float16, but got "float8"/],
    [
      ['--checkpoint', 'a', '--out', 'b', '--format', 'torchscript', '--opset', '17'],
      /--opset is of --format onnx and web, but this is torchscript: leave it out/,
    ],
    [
      ['--checkpoint', 'a', '--out', 'b', '--webgpu'],
      /--webgpu is of --format web, but this is onnx: leave it out/,
    ],
    [['--checkpoint', 'a', '--out', __dirname], /--out .* exists already: choose another path, or remove it/],
    [
      ['--checkpoint', 'a', '--format', 'torchscript', '--out', 'my runs/b.onnx'],
      /--out 'my runs\/b.onnx' is a name of --format onnx, but this is torchscript: try --out 'my runs\/b.pt'/,
    ],
    [
      ['--checkpoint', 'a', '--format', 'web', '--out', 'b.pt'],
      /is a name of --format torchscript, .* --out b\n/,
    ],
    [
      ['--checkpoint', 'a', '--out', 'b/'],
      /--out b\/ names a folder, but --format onnx writes a file: try --out b\/model.onnx/,
    ],
    [['--checkpoint', 'a', '--out', '-'], /--out expects a path, but got -, .*: try --out model.onnx/],
    [['--fromat', 'onnx'], /--fromat is no flag of export: did you mean --format\?/],
  ])('%j', async (argv, message) => {
    const { code, stdout, stderr } = await call(exporting, ...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  });

  test.each<[string, string[], RegExp]>([
    [
      'a direction of a model that takes latents',
      ['--direction', 'ab'],
      /direction is of models that take images in/,
    ],
    [
      'layers of a w that there is not',
      ['--truncation-layers', '2'],
      /--truncation-layers is of models with an intermediate latent w/,
    ],
  ])('%s', async (_, argv, message) => {
    const given = ['--checkpoint', runs.other, '--out', at('model.onnx'), ...argv];
    expect(await call(exporting, ...given)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
    expect(existsSync(at('model.onnx'))).toBe(false);
  });
});

test('a link that leads nowhere is not replaced', async () => {
  symlinkSync(at('nowhere'), at('model.onnx'));
  const { code, stderr } = await call(exporting, '--checkpoint', runs.other, '--out', at('model.onnx'));
  expect([code, stderr]).toEqual([2, expect.stringMatching(/--out .* exists already: choose another path/)]);
  expect(lstatSync(at('model.onnx')).isSymbolicLink()).toBe(true);
});

test('a place that nothing can be written to ends with 1, before the model is made anything of', async () => {
  const out = join(__filename, 'model.onnx');
  const { code, stderr } = await call(exporting, '--checkpoint', at('none'), '--out', out);
  expect([code, stderr]).toEqual([
    1,
    `error: cannot write ${out}: ${__filename} is a file, not a folder: choose another path\n`,
  ]);
});

test('a checkpoint that is not there ends with 1, in one line', async () => {
  const { code, stderr } = await call(exporting, '--checkpoint', at('none'), '--out', at('model.onnx'));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: .*none expected a run directory.*\n$/);
});

test('a run whose recipe does not say how its model is used ends with 1, in one line', async () => {
  const styled = JSON.stringify(join(__dirname, '..', 'support', 'style-recipe.ts'));
  const bare = `const { styled } = require(${styled});
module.exports.bare = { ...styled, build: (...given) => ({ ...styled.build(...given), sampler: undefined }) };`;
  writeFileSync(at('bare.js'), bare);
  const argv = ['--checkpoint', runs.plain, '--recipe', at('bare.js'), '--out', at('model.onnx'), '--quiet'];
  const { code, stderr } = await call(exporting, ...argv);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: checkpoint .* expected a recipe whose model has a sampler.*\n$/);
});

test('a model without w as ONNX: what goes in, what comes out, and how near it is to LibTorch', async () => {
  const { code, stdout } = await call(
    exporting,
    '--checkpoint',
    runs.other,
    '--out',
    at('model.onnx'),
    '--quiet',
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/latents float \[N, \d+\] → images float \[N, 1, 16, 16\]\n/);
  expect(stdout).toMatch(
    /images: largest difference from LibTorch \S+e-\d+, mean \S+, in onnxruntime-web .* \(wasm\)\n/,
  );
  const bytes = readFileSync(at('model.onnx'));
  // Field 1 of the model, its version of the format.
  expect([bytes[0], bytes[1]]).toEqual([8, 8]);
  expect(bytes.includes('libtorch-gan')).toBe(true);
});

test('a model with w has its truncation for an input, and images as bytes where asked for', async () => {
  const argv = [
    '--out',
    at('model.onnx'),
    '--pixels',
    'uint8',
    '--layout',
    'nhwc',
    '--opset',
    '18',
    '--json',
    '--quiet',
  ];
  const { code, stdout } = await callStyled(exporting, runs.conditional, ...argv);
  expect(code).toBe(0);
  const record = JSON.parse(stdout);
  expect(record).toMatchObject({
    event: 'exported',
    format: 'onnx',
    outputs: [{ name: 'images', type: 'uint8', shape: ['N', 16, 16, 1] }],
    parity: { holds: true },
  });
  expect(record.inputs.map(({ name }: { name: string }) => name)).toEqual(['latents', 'label', 'truncation']);
});

test('float16 takes half the room, and tells its difference', async () => {
  const bytesOf = async (out: string, ...argv: string[]) => {
    const { stdout } = await call(
      exporting,
      '--checkpoint',
      runs.other,
      '--out',
      out,
      '--json',
      '--quiet',
      ...argv,
    );
    return JSON.parse(stdout);
  };
  const full = await bytesOf(at('full.onnx'));
  const half = await bytesOf(at('half.onnx'), '--precision', 'float16');
  expect(half.bytes).toBeLessThan(0.55 * full.bytes);
  expect(half.inputs[0].type).toBe('float');
  expect(half.parity.tolerance).toBeNull();
  expect(half.parity.outputs.images.largest).toBeLessThan(0.05);
});

const WASM = ['ort-wasm.js', 'ort-wasm.wasm', 'ort.js'];

test.each<[string, string[], string[], RegExp]>([
  ['', [], WASM, /^ {2}--webgpu adds the 25\.66 MiB of a runtime for WebGPU\n/m],
  [
    ' for WebGPU, too, where that is asked for',
    ['--webgpu'],
    [...WASM, 'ort-webgpu-wasm.js', 'ort-webgpu-wasm.wasm', 'ort-webgpu.js'].sort(),
    /the 25\.66 MiB of a runtime for WebGPU are loaded where it is asked for on the page\n/,
  ],
])('a page has all that it loads beside it%s', async (_, argv, runtime, line) => {
  const given = ['--checkpoint', runs.other, '--format', 'web', '--out', at('page'), '--quiet', ...argv];
  const { code, stdout } = await call(exporting, ...given);
  expect(code).toBe(0);
  expect(stdout).toMatch(line);
  const files = ['app.js', 'index.html', 'model.json', 'model.onnx', 'ort', 'style.css'];
  expect(readdirSync(at('page')).sort()).toEqual(files);
  expect(readdirSync(at('page', 'ort')).sort()).toEqual(runtime);
  const page = readFileSync(at('page', 'index.html'), 'utf8');
  expect(page).not.toMatch(/https?:/);
});

test('TorchScript, and weights with what they are of', async () => {
  const script = await call(
    exporting,
    '--checkpoint',
    runs.other,
    '--format',
    'torchscript',
    '--out',
    at('no folder yet', 'model.pt'),
    '--quiet',
  );
  expect(script).toMatchObject({ code: 0, stdout: expect.stringContaining('(latents) → images') });
  const weights = await call(
    exporting,
    '--checkpoint',
    runs.other,
    '--format',
    'safetensors',
    '--out',
    at('weights'),
    '--quiet',
  );
  expect(weights).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/generator\.safetensors: \d+ tensors\n/),
  });
  expect([await isRun(runs.other), await isRun(at('weights'))]).toEqual([true, false]);
  expect((await call(sample, '--checkpoint', at('weights'))).stderr).toMatch(
    /weights expected a run directory but is an export of weights: name .*generator\.safetensors, which/,
  );
  expect(JSON.parse(readFileSync(at('weights', 'config.json'), 'utf8'))).toMatchObject({
    recipe: 'mlp',
    step: 1,
    networks: { generator: { file: 'generator.safetensors' } },
    sampler: { takes: 'latents' },
  });
  expect(readdirSync(at())).toEqual(['no folder yet', 'weights']);
});
