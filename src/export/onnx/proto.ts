import { GanError } from '../../errors';
import { bytesField, floatField, messageField, textField, varintField } from '../../io/protobuf';

/** Element types of onnx.proto's TensorProto. */
export const TYPES = { float: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10, double: 11 } as const;

/** An element type, by its name in ONNX. */
export type OnnxType = keyof typeof TYPES;

/** An attribute of a node: whole numbers are of type INT unless they are in a {@link Float}. */
export type Attribute = number | string | readonly number[] | Float;

/** A number of type FLOAT. */
export class Float {
  constructor(readonly value: number) {}
}

/** An operator in a graph. */
export interface Node {
  readonly type: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A constant tensor. */
export interface Initializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  /** Row-major, little-endian. */
  readonly bytes: Uint8Array;
}

/** An input or output: open sizes have names. */
export interface Port {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly (number | string)[];
  /** What it is, in words. */
  readonly description: string;
}

/** A whole model. */
export interface OnnxModel {
  readonly name: string;
  readonly opset: number;
  readonly producer: { readonly name: string; readonly version: string };
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
}

/** Protocol buffers end here. */
const MOST_BYTES = 2 ** 31 - 1;

/** The version of the format that came with opset 17; later opsets do not ask for more. */
const IR_VERSION = 8;

/** @throws GanError `ERR_NOT_EXPORTABLE` for a model of more than 2 GiB, which the format cannot hold */
export function encodeModel(model: OnnxModel): Uint8Array {
  const weights = model.initializers.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  if (weights > MOST_BYTES - 2 ** 24)
    throw new GanError(
      'ERR_NOT_EXPORTABLE',
      `expected weights of less than 2 GiB, which an ONNX file holds at most, but they take ${(weights / 2 ** 30).toFixed(1)} GiB: try precision float16`,
    );
  const fields = [
    varintField(1, IR_VERSION),
    textField(2, model.producer.name),
    textField(3, model.producer.version),
    textField(6, model.description),
    messageField(7, graphFields(model)),
    messageField(8, [textField(1, ''), varintField(2, model.opset)]),
    ...Object.entries(model.metadata).map(([key, value]) =>
      messageField(14, [textField(1, key), textField(2, value)]),
    ),
  ];
  return Buffer.concat(fields);
}

function graphFields({ nodes, name, initializers, inputs, outputs }: OnnxModel): Uint8Array[] {
  return [
    ...nodes.map((node) => messageField(1, nodeFields(node))),
    textField(2, name),
    ...initializers.map((tensor) => messageField(5, tensorFields(tensor))),
    ...inputs.map((port) => messageField(11, portFields(port))),
    ...outputs.map((port) => messageField(12, portFields(port))),
  ];
}

function nodeFields({ inputs, outputs, name, type, attributes }: Node): Uint8Array[] {
  return [
    ...inputs.map((input) => textField(1, input)),
    ...outputs.map((output) => textField(2, output)),
    textField(3, name),
    textField(4, type),
    ...Object.entries(attributes).map(([key, value]) => messageField(5, attributeFields(key, value))),
  ];
}

function attributeFields(name: string, value: Attribute): Uint8Array[] {
  const named = textField(1, name);
  if (value instanceof Float) return [named, floatField(2, value.value), varintField(20, 1)];
  if (typeof value === 'number') return [named, varintField(3, value), varintField(20, 2)];
  if (typeof value === 'string') return [named, textField(4, value), varintField(20, 3)];
  return [named, ...value.map((each) => varintField(8, each)), varintField(20, 7)];
}

function tensorFields({ name, type, shape, bytes }: Initializer): Uint8Array[] {
  return [
    ...shape.map((size) => varintField(1, size)),
    varintField(2, TYPES[type]),
    textField(8, name),
    bytesField(9, bytes),
  ];
}

function portFields({ name, type, shape, description }: Port): Uint8Array[] {
  const sizes = shape.map((size) =>
    messageField(1, [typeof size === 'number' ? varintField(1, size) : textField(2, size)]),
  );
  const tensor = messageField(1, [varintField(1, TYPES[type]), messageField(2, sizes)]);
  return [textField(1, name), messageField(2, [tensor]), textField(3, description)];
}
