/** The operations of a pickle, put together: texts are written as they are, a byte a character. */
export function pickle(...operations: readonly string[]): Buffer {
  return Buffer.from(`\x80\x02${operations.join('')}.`, 'latin1');
}

/** A name of Python. */
export function named(module: string, name: string): string {
  return `c${module}\n${name}\n`;
}

/** A text. */
export function text(value: string): string {
  const bytes = Buffer.from(value);
  return `X${uint32(bytes.length)}${bytes.toString('latin1')}`;
}

/** A whole number. */
export function integer(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return `J${bytes.toString('latin1')}`;
}

/** A tuple. */
export function tuple(...items: readonly string[]): string {
  return `(${items.join('')}t`;
}

/** A dict of texts and values. */
export function dict(entries: Readonly<Record<string, string>>): string {
  const items = Object.entries(entries).map(([key, value]) => text(key) + value);
  return `}(${items.join('')}u`;
}

/** A call. */
export function call(callee: string, ...args: readonly string[]): string {
  return `${callee}${tuple(...args)}R`;
}

/** A storage of the zip form. */
export function storage(count: number, { key = '0', type = 'FloatStorage' } = {}): string {
  return `${tuple(text('storage'), named('torch', type), text(key), text('cpu'), integer(count))}Q`;
}

/** How a tensor lies in its storage. */
export interface PickledView {
  readonly of?: string;
  readonly shape?: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
}

/** A tensor; of two numbers in a storage of two unless told otherwise. */
export function tensor({
  of = storage(2),
  shape = [2],
  strides = [1],
  offset = 0,
}: PickledView = {}): string {
  return call(
    named('torch._utils', '_rebuild_tensor_v2'),
    of,
    integer(offset),
    tuple(...shape.map(integer)),
    tuple(...strides.map(integer)),
    '\x89',
    call(named('collections', 'OrderedDict')),
  );
}

function uint32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes.toString('latin1');
}
