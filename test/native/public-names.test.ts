import { native } from '../../src/native/addon';
import { ops } from '../../src/native/ops.generated';

/** The error that a call with nothing but wrong arguments gives. */
function messageOf(call: (...values: unknown[]) => unknown): string {
  try {
    call(...Array.from({ length: 16 }, () => Symbol('wrong')));
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('expected an error');
}

const operator = (name: string) => Reflect.get(native().ops, name) as (...values: unknown[]) => unknown;
const entry = (name: string) => Reflect.get(native(), name) as (...values: unknown[]) => unknown;

describe('an error begins with the name that users call', () => {
  test.each([
    ['relu', /^relu: argument 1 \(self\): expected a tensor/],
    ['conv_transpose2d_input', /^convTranspose2d: argument 1 \(input\): expected/],
    ['mse_loss', /^mse: argument 1/],
    ['add__Tensor', /^add_: argument 1/],
    ['_upsample_bilinear2d_aa_vec', /^interpolate: argument 1/],
    ['linalg_eigh', /^symmetricEigen: argument 1/],
  ])('that of the operator %s', (name, message) => expect(messageOf(operator(name))).toMatch(message));

  test.each([
    ['shape', /^shape: expected a tensor/],
    ['openSpan', /^span: expected a string/],
    ['setGradient', /^grad: expected/],
    ['cudaSynchronize', /^synchronize: expected/],
  ])('that of the entry %s, whose arguments are not the user’s', (name, message) =>
    expect(messageOf(entry(name))).toMatch(message),
  );
});

describe('an error begins with no name at all', () => {
  test.each([
    'fromBytes',
    'toBuffer',
    'requireDevice',
    'setAutocast',
    'makeGenerator',
    'setGeneratorState',
    'loadScript',
    'runScript',
    'encodeScript',
  ])('from the entry %s, which several functions call', (name) =>
    expect(messageOf(entry(name))).toMatch(/^expected /),
  );

  test.each(['_fused_adam_', '_foreach_norm_Scalar', '_foreach_mul__Scalar', 'empty_like'])(
    'from the operator %s, which users do not call',
    (name) => expect(messageOf(operator(name))).toMatch(/^expected /),
  );
});

test('no operator’s error begins with a name that is not one of TypeScript’s', () => {
  const names = native()
    .schemas()
    .map(([name]) => name);
  const messages = names.map((name) => `${name} → ${messageOf(operator(name))}`);
  expect(messages.filter((text) => !/ → (expected |[a-z][A-Za-z0-9]*_?: )/.test(text))).toEqual([]);
});

test('what LibTorch itself refuses is told by the same name', () => {
  const handle = ops.ones([2, 2]);
  const transpose = () => ops.conv_transpose2d_input(handle, handle);
  expect(transpose).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/^convTranspose2d: /) }),
  );
  expect(transpose).toThrow(expect.objectContaining({ op: 'conv_transpose2d' }));
  native().releaseOne(handle);
});
