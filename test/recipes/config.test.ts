import {
  boolean,
  type ConfigOf,
  choice,
  integer,
  number,
  optional,
  parseConfig,
  readConfig,
  type Source,
  text,
} from '../../src/recipes/config';

const fields = {
  width: integer(64, { min: 1, max: 1024, help: 'feature maps' }),
  lr: number(2e-4, { min: 0 }),
  loss: choice('hinge', ['hinge', 'minimax', 'wasserstein']),
  bias: boolean(false),
  note: text('none'),
};

function usage(message: string | RegExp) {
  return expect.objectContaining({
    code: 'ERR_USAGE',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });
}

describe('parseConfig refuses', () => {
  test.each<[Record<string, string>, string]>([
    [{ width: '0' }, '--set width expects a whole number from 1 to 1024, but got "0": try --set width=64'],
    [
      { width: '1025' },
      '--set width expects a whole number from 1 to 1024, but got "1025": try --set width=64',
    ],
    [
      { width: '1.5' },
      '--set width expects a whole number from 1 to 1024, but got "1.5": try --set width=64',
    ],
    [{ width: '' }, '--set width expects a whole number from 1 to 1024, but got "": try --set width=64'],
    [
      { width: '0x10' },
      '--set width expects a whole number from 1 to 1024, but got "0x10": try --set width=64',
    ],
    [{ lr: '-1' }, '--set lr expects a number of at least 0, but got "-1": try --set lr=0.0002'],
    [{ lr: 'Infinity' }, '--set lr expects a number of at least 0, but got "Infinity": try --set lr=0.0002'],
    [
      { loss: 'hing' },
      '--set loss expects hinge, minimax or wasserstein, but got "hing": try --set loss=hinge',
    ],
    [{ bias: 'yes' }, '--set bias expects true or false, but got "yes": try --set bias=false'],
    [{ note: '' }, '--set note expects a text that is not empty, but got "": try --set note=none'],
    [{ widht: '3' }, '--set widht is unknown: did you mean width? It may be width, lr, loss, bias, note'],
    [{ zzzzzz: '3' }, '--set zzzzzz is unknown; it may be width, lr, loss, bias, note'],
    [{ toString: '3' }, '--set toString is unknown; it may be width, lr, loss, bias, note'],
  ])('--set %o', (set, message) => {
    expect(() => parseConfig(fields, { set })).toThrow(usage(message));
  });

  test.each<[Record<string, unknown>, RegExp]>([
    [{ width: '64' }, /"width" in the configuration file's "set" expects .* but got "64": try "width": 64/],
    [{ width: null }, /but got null/],
    [{ lr: [1] }, /but got \[1\]/],
    [{ bias: 1 }, /"bias" .* expects true or false, but got 1: try "bias": false/],
    [{ loss: 2 }, /hinge, minimax or wasserstein, but got 2: try "loss": "hinge"/],
    [{ noet: 'a' }, /"noet" .* is unknown: did you mean "note"\? It may be "width", "lr",/],
  ])('in a file %o', (file, message) => {
    expect(() => parseConfig(fields, { file })).toThrow(usage(message));
  });

  test('a bad value in a file even when a flag replaces it', () => {
    expect(() => parseConfig(fields, { file: { width: -1 }, set: { width: '8' } })).toThrow(
      usage(/but got -1/),
    );
  });

  test('anything for a recipe without fields', () => {
    expect(() => parseConfig({}, { set: { width: '1' } })).toThrow(
      usage(/is unknown; there is nothing to set/),
    );
  });
});

describe('parseConfig', () => {
  test('nothing given gives the defaults', () => {
    const config: ConfigOf<typeof fields> = parseConfig(fields, {});
    expect(config).toEqual({ width: 64, lr: 2e-4, loss: 'hinge', bias: false, note: 'none' });
  });

  test('a flag wins over the file, the file over the default', () => {
    expect(
      parseConfig(fields, {
        file: { width: 16, loss: 'minimax', bias: true },
        set: { width: '32', lr: '1e-3', note: 'a b' },
      }),
    ).toEqual({ width: 32, lr: 0.001, loss: 'minimax', bias: true, note: 'a b' });
  });

  test('what is usual stands where neither says one, and is checked', () => {
    const usual = { width: 8, lr: 1 };
    expect(parseConfig(fields, { file: { width: 16 }, set: {}, usual })).toMatchObject({ width: 16, lr: 1 });
    expect(parseConfig(fields, { set: { width: '32' }, usual })).toMatchObject({ width: 32, lr: 1 });
    expect(() => parseConfig(fields, { usual: { width: 0 } })).toThrow(
      usage(
        "the recipe's default of width for this device expects a whole number from 1 to 1024, but got 0: try width: 64",
      ),
    );
  });

  test.each([
    ['+3', 3],
    ['2e2', 200],
    ['128', 128],
  ])('the text %s is the whole number %d', (given, value) => {
    expect(parseConfig(fields, { set: { width: given } }).width).toBe(value);
  });

  test('a choice has the type of its values', () => {
    const loss: 'hinge' | 'minimax' | 'wasserstein' = parseConfig(fields, {}).loss;
    expect(loss).toBe('hinge');
  });
});

describe('readConfig', () => {
  const source = (values: Source['values'], name: string): Source => ({
    values,
    texts: true,
    name: () => name,
    example: (_, value) => `${name} ${value}`,
  });

  test('an absent value leaves the later source its say', () => {
    const sources = [source({ width: undefined }, 'flag'), source({ width: '8' }, 'environment')];
    expect(readConfig({ width: integer(1) }, sources)).toEqual({ width: 8 });
  });

  test('an optional field is undefined when nobody gives it, and its error suggests the value it was made with', () => {
    const optionalFields = { out: optional(text('runs', { pattern: /^r/, expected: 'a text with r' })) };
    expect(readConfig(optionalFields, [])).toEqual({ out: undefined });
    expect(readConfig(optionalFields, [source({ out: 'r1' }, '--out')])).toEqual({ out: 'r1' });
    expect(() => readConfig(optionalFields, [source({ out: 'x' }, '--out')])).toThrow(
      usage('--out expects a text with r, but got "x": try --out runs'),
    );
  });

  test.each([
    ['a whole number', integer(1)],
    ['a whole number of at most 3', integer(1, { max: 3 })],
    ['a number from 0 to 1', number(1, { min: 0, max: 1 })],
    ['a', choice('a', ['a'])],
  ])('a field can say that it expects %s', (expected, field) => {
    expect(field.expected).toBe(expected);
  });
});
