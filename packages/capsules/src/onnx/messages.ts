/**
 * What an ONNX file is made of, and its bytes. Numbers of fields and of types are those of `onnx.proto`
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto); what this exporter does not write is left out.
 */
import { bytesField, floatField, integerField, joined, messageField, textField } from './wire.js';

/** Types of elements, with their numbers in `TensorProto.DataType`. */
export const elementTypes = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;
export type ElementType = keyof typeof elementTypes;

/** A number that operators know besides their operands. */
export type OnnxAttribute =
  { readonly int: number } | { readonly float: number } | { readonly ints: readonly number[] };
export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: OnnxAttributes;
}

/** A constant: `contents` little-endian, row-major. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly contents: Uint8Array;
}

/** An input or a result. A length that is a text is a name for what differs from call to call. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly name: string;
  readonly producer: string;
  /** Version of the file format, `ModelProto.ir_version`. */
  readonly format: number;
  /** Version of the set of operators. */
  readonly operatorSet: number;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** `AttributeProto.AttributeType` */
const attributeTypes = { float: 1, int: 2, ints: 7 } as const;

function attributeFields(name: string, attribute: OnnxAttribute): Uint8Array[] {
  const typed = (type: keyof typeof attributeTypes, ...values: Uint8Array[]): Uint8Array[] => [
    textField(1, name),
    ...values,
    integerField(20, attributeTypes[type]),
  ];
  if ('float' in attribute) return typed('float', floatField(2, attribute.float));
  if ('int' in attribute) return typed('int', integerField(3, attribute.int));
  return typed('ints', ...attribute.ints.map((value) => integerField(8, value)));
}

const nodeFields = ({ name, operator, inputs, output, attributes }: OnnxNode): Uint8Array[] => [
  ...inputs.map((input) => textField(1, input)),
  textField(2, output),
  textField(3, name),
  textField(4, operator),
  ...Object.entries(attributes).map(([key, value]) => messageField(5, attributeFields(key, value))),
];

const tensorFields = ({ name, type, shape, contents }: OnnxTensor): Uint8Array[] => [
  ...shape.map((length) => integerField(1, length)),
  integerField(2, elementTypes[type]),
  textField(8, name),
  bytesField(9, contents),
];

function valueFields({ name, type, shape }: OnnxValue): Uint8Array[] {
  const lengths = shape.map((length) =>
    messageField(1, [typeof length === 'number' ? integerField(1, length) : textField(2, length)]),
  );
  const tensorType = messageField(1, [integerField(1, elementTypes[type]), messageField(2, lengths)]);
  return [textField(1, name), messageField(2, [tensorType])];
}

/** The bytes of a file: a `ModelProto`. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const graph = [
    ...model.nodes.map((node) => messageField(1, nodeFields(node))),
    textField(2, model.name),
    ...model.constants.map((constant) => messageField(5, tensorFields(constant))),
    ...model.inputs.map((value) => messageField(11, valueFields(value))),
    ...model.outputs.map((value) => messageField(12, valueFields(value))),
  ];
  return joined([
    integerField(1, model.format),
    textField(2, model.producer),
    messageField(7, graph),
    messageField(8, [textField(1, ''), integerField(2, model.operatorSet)]),
    ...Object.entries(model.metadata).map(([key, value]) =>
      messageField(14, [textField(1, key), textField(2, value)]),
    ),
  ]);
}
