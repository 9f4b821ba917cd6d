import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { native } from '../../src/native/addon';
import { parseSchema, render } from '../../src/native/generate-ops';

describe('operators generated from LibTorch’s schemas', () => {
  test.each([
    [
      'add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor',
      ['self: Handle', 'other: Handle', 'alpha: Scalar = 1'],
      'Handle',
    ],
    ['add_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)', ['self: Handle', 'other: Handle'], 'void'],
    [
      'split(Tensor(a -> *) self, SymInt n, int dim=0) -> Tensor(a)[]',
      ['self: Handle', 'n: number', 'dim: number = 0'],
      'Handle[]',
    ],
    [
      'pool(Tensor self, int[2] size, int[2] stride=[], bool ceil=False) -> (Tensor a, Tensor b)',
      ['self: Handle', 'size: readonly number[]', 'stride: readonly number[] = []', 'ceil: boolean = false'],
      '[Handle, Handle]',
    ],
    [
      'loss(Tensor self, int reduction=Mean, str? mode=None) -> Tensor',
      ['self: Handle', 'reduction: number = 1', 'mode: string | null = null'],
      'Handle',
    ],
    ['early(int a=1, int b) -> ()', ['a: number', 'b: number'], 'void'],
  ])('%s', (schema, parameters, result) => {
    const parsed = parseSchema(schema);
    expect(
      parsed.parameters.map(
        ({ name, type, initial }) => `${name}: ${type}${initial === undefined ? '' : ` = ${initial}`}`,
      ),
    ).toEqual(parameters);
    expect(parsed.result).toBe(result);
  });

  // Other versions add arguments now and then; the file is that of the version the project fetches.
  const pinned = native().version().startsWith('2.13.') ? test : test.skip;
  pinned('the committed files are what the addon’s operators give', () => {
    const folder = join(__dirname, '..', '..', 'src', 'native');
    for (const [name, text] of Object.entries(render(native().schemas())))
      expect(readFileSync(join(folder, name), 'utf8') === text).toBe(true);
  });
});
