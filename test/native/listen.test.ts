import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPUTING } from '../../src/native/listen';

/** `name(parameters): result;` of an interface, on one line or more. */
const ENTRY = /^ {2}(\w+)\(([^)]*(?:\([^)]*\)[^)]*)*)\): ([^;]+);/gm;

/** Entries whose handles are of generators, streams, graphs, scripts, spans and groups, or that only tell of a tensor or of its gradient. */
const OTHERS = [
  'generatorState',
  'setGeneratorState',
  'beginCapture',
  'setRequiresGrad',
  'setGradient',
  'clearGradients',
  'backward',
  'encodeScript',
  'release',
  'orderInMemory',
  'values',
];

test('whoever listens hears of every entry that makes tensors of tensors, or changes them', () => {
  const source = readFileSync(join(__dirname, '..', '..', 'src', 'native', 'interface.ts'), 'utf8');
  const entries = [...source.matchAll(ENTRY)].map(([, name, parameters, result]) => ({
    name,
    // Those of many tensors change them where they give nothing back.
    computes:
      /\bHandles?\b/.test(parameters) && (/\bHandle/.test(result) || /Handles|data: Handle/.test(parameters)),
  }));
  expect(entries.length).toBeGreaterThan(60);
  const computing = entries.filter(({ name, computes }) => computes && !OTHERS.includes(name));
  const heard: readonly string[] = COMPUTING;
  expect(computing.map(({ name }) => name).filter((name) => !heard.includes(name))).toEqual([]);
});
