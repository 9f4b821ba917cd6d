import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRuntime } from '../../../src/export/runtime';
import { runtimeFiles, sizeOf } from '../../../src/export/web/runtime-files';
import { failure } from '../../support/failure';

test('without onnxruntime-web the error says what to type', () => {
  expect(() => runtimeFiles(null)).toThrow(
    failure('ERR_NO_RUNTIME', 'it is not installed: npm install onnxruntime-web@^1.30.0'),
  );
});

test('an onnxruntime-web of another version is told by what it lacks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-'));
  try {
    writeFileSync(join(folder, 'ort.node.min.js'), '');
    expect(() => runtimeFiles(join(folder, 'ort.node.min.js'))).toThrow(
      failure('ERR_NO_RUNTIME', 'expected onnxruntime-web 1.30 or a later 1.x, but there is no '),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('of the package a page takes 14 MiB, and 26 MiB more for WebGPU', () => {
  const { wasm, webgpu } = runtimeFiles(findRuntime());
  expect([wasm, webgpu].map((files) => Math.round(sizeOf(files) / 2 ** 20))).toEqual([14, 26]);
});
