import * as fs from 'node:fs';
import * as path from 'node:path';
import { missingTools, toolchain } from '../../src/setup/toolchain';
import { fakeProgram, temporaryFolder } from '../native/fake-libtorch';

let bin: string;

beforeEach(() => {
  bin = temporaryFolder();
});

afterEach(() => fs.rmSync(bin, { recursive: true }));

function found(): Record<string, string | null> {
  return Object.fromEntries(toolchain({ PATH: bin }).map(({ name, version }) => [name, version]));
}

test('on a bare machine everything is missing, and the sentence names what is required', () => {
  expect(found()).toEqual({ compiler: null, cmake: null, ninja: null, python: null, pip: null });
  expect(missingTools(toolchain({ PATH: bin }))).toMatch(
    /^a C\+\+20 compiler \(c\+\+\) and CMake 3\.20 or newer expected/,
  );
});

test.each(['2.8.12', '3.19.8'])('CMake %s is too old', (version) => {
  fakeProgram(bin, 'cmake', `echo cmake version ${version}`);
  expect(found().cmake).toBeNull();
});

test.each(['3.20.0', '3.31.6', '4.1.0'])('CMake %s serves', (version) => {
  fakeProgram(bin, 'cmake', `echo cmake version ${version}`);
  expect(found().cmake).toBe(`cmake version ${version}`);
});

test('a program that fails counts as missing', () => {
  fakeProgram(bin, 'python3', 'exit 1');
  expect(found()).toMatchObject({ python: null, pip: null });
});

test('CXX names the compiler', () => {
  const own = fakeProgram(path.join(bin, 'own'), 'my-c++', 'echo mine 1.0');
  fakeProgram(bin, 'cmake', 'echo cmake version 3.25.1');
  const tools = toolchain({ PATH: bin, CXX: own });
  expect(tools[0].version).toBe('mine 1.0');
  expect(missingTools(tools)).toBeNull();
});
