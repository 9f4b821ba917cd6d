import { readSettings } from '../../benchmarks/settings';
import { SUITE_NAMES } from '../../benchmarks/suites';
import { usage } from '../support/failure';

describe('a wrong call', () => {
  test.each([
    [{}, ['dcgan46'], '"dcgan46" is no suite of the benchmark: did you mean dcgan64? They are ops, mlp'],
    [{}, ['zzzzzzzz'], '"zzzzzzzz" is no suite of the benchmark; they are'],
    [{ against: 'pytroch-best' }, [], 'is no peer of the benchmark: did you mean pytorch-best?'],
    [{ against: 'tfjs-cpu,' }, [], '"" is no peer of the benchmark'],
    [{ against: 'tfjs-cpu', all: true }, [], '--all and --against exclude each other'],
    [{ device: 'gpu' }, [], '--device expects auto, cpu, cuda or cuda:N, but got "gpu"'],
    [{ precision: 'fp16' }, [], '--precision expects fp32, bf16 or both, but got "fp16"'],
    [{ rounds: '0' }, [], '--rounds expects a whole number'],
    [{ rounds: 'many' }, [], '--rounds expects a whole number'],
    [{ seconds: '-1' }, [], '--seconds expects a number'],
    [{ threads: '1.5' }, [], '--threads expects a whole number'],
    [{ json: '' }, [], '--json expects a text that is not empty'],
  ])('%j %j is refused with what would do', (flags, suites, message) => {
    expect(() => readSettings(flags, suites)).toThrow(usage(message));
  });
});

test('by default everything is measured, five rounds of three seconds', () => {
  expect(readSettings({}, [])).toEqual({
    suites: SUITE_NAMES,
    against: null,
    device: 'auto',
    precisions: ['fp32', 'bf16'],
    rounds: 5,
    seconds: 3,
    threads: null,
    json: null,
    markdown: null,
    svg: null,
    out: null,
  });
});

test('--quick shortens what is not said otherwise', () => {
  expect(readSettings({ quick: true }, [])).toMatchObject({ rounds: 2, seconds: 1 });
  expect(readSettings({ quick: true, rounds: '7' }, [])).toMatchObject({ rounds: 7, seconds: 1 });
});

test('suites and peers come once each, in the order of the lists', () => {
  const { suites, against } = readSettings({ against: 'tfjs-node, pytorch-best,tfjs-node' }, [
    'mlp',
    'ops',
    'mlp',
  ]);
  expect(suites).toEqual(['ops', 'mlp']);
  expect(against).toEqual(['pytorch-best', 'tfjs-node']);
});

test('--all names the slow peers too', () => {
  expect(readSettings({ all: true }, []).against).toContain('tfjs-cpu');
});
