// What is easily passed in the place of an argument: an option of a command line that was not given, numbers for a tensor.
import {
  data,
  exportOnnx,
  exportSafetensors,
  exportTorchScript,
  exportWeb,
  load,
  nn,
  openCheckpoint,
  readCheckpoint,
  readSafetensors,
  readStateDict,
  readWeights,
  report,
  ScriptModule,
  Tensor,
} from '../src';
import type { LoadedModel } from '../src/training/load';
import { usage } from './support/failure';

const model = { settings: {}, step: 1 } as LoadedModel;
const picture = { width: 1, height: 1, channels: 1, pixels: new Uint8Array(1) } as const;
const none = undefined as never;

describe('a path that is none is told by the function that was called', () => {
  test.each<[string, (path: never) => unknown]>([
    ['load', load],
    ['openCheckpoint', openCheckpoint],
    ['readCheckpoint', readCheckpoint],
    ['readWeights', readWeights],
    ['readSafetensors', readSafetensors],
    ['readStateDict', readStateDict],
    ['imageFolder', data.imageFolder],
    ['pairFolder', data.pairFolder],
    ['unpairedFolder', data.unpairedFolder],
    ['readPng', report.readPng],
    ['writePng', (path) => report.writePng(path, picture)],
    ['writeReport', report.writeReport],
    ['EventWriter', (path) => new report.EventWriter(path)],
    ['ScriptModule', (path) => new ScriptModule(path)],
    ['exportOnnx', (path) => exportOnnx(model, path)],
    ['exportTorchScript', (path) => exportTorchScript(model, path)],
    ['exportWeb', (path) => exportWeb(model, path)],
    ['exportSafetensors', (path) => exportSafetensors(model, path)],
  ])('%s', async (name, call) => {
    const outcome = async () => call(none);
    await expect(outcome()).rejects.toEqual(usage(`${name} expects a path but received undefined`));
  });
});

test.each([[[1, 2]], ['x'], [5], [undefined]])('new Tensor(%j) says how a tensor is made', (value) => {
  const Constructor: new (...values: never[]) => Tensor = Tensor;
  expect(() => new Constructor(value as never)).toThrow(usage('by tensor([1, 2, 3])'));
});

test.each<[unknown, string]>([
  [{}, 'an object'],
  [Object.create(null), 'an object'],
  [[Symbol('s')], '[Symbol(s)] (array)'],
  [nn.sequential(nn.relu(), nn.relu()), 'an instance of Sequential'],
  [new Array(1000).fill(7), `${`[${new Array(200).fill(7).join(', ')}`.slice(0, 200)}… (array)`],
  [() => 0, 'a function'],
  [Symbol('s'), 'Symbol(s) (symbol)'],
])('what was received is told in a few words, whatever it is', (value, text) => {
  expect(() => nn.linear(value as never, 2)).toThrow(
    usage(`linear expects inFeatures to be a positive integer but received ${text}`),
  );
});
