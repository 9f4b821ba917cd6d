import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAddon } from './load';
import { packageRoot } from './root';

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly initial: string | undefined;
}

const HEADER =
  "// Generated from LibTorch's own schemas by `npm run generate:ops`: do not edit. The list is native/ops.def.";
const TYPE_IMPORT = "import type { DType, Handle, Handles, MemoryFormat, Scalar } from './types';";

/** LibTorch's types, without \`?\` and alias marks, to TypeScript's. */
const TYPES: Readonly<Record<string, string>> = {
  Tensor: 'Handle',
  Scalar: 'Scalar',
  int: 'number',
  SymInt: 'number',
  float: 'number',
  bool: 'boolean',
  str: 'string',
  ScalarType: 'DType',
  Layout: 'never',
  Device: 'string',
  MemoryFormat: 'MemoryFormat',
  Generator: 'Handle',
};

/**
 * Writes the generated files of `src/native`, or compares them with what would be written.
 *
 * @returns The exit code: 1 where `check` found a difference.
 */
export function generate(check: boolean): number {
  const rendered = Object.entries(render(loadAddon().schemas()));
  const paths = rendered.map(([name]) => join(packageRoot(), 'src', 'native', name));
  if (!check) {
    for (const [i, [, text]] of rendered.entries()) writeFileSync(paths[i], text);
    console.log(`wrote ${paths.join(' and ')}`);
    return 0;
  }
  const stale = rendered
    .filter(([, text], i) => readFileSync(paths[i], 'utf8') !== text)
    .map(([name]) => name);
  if (stale.length === 0) {
    console.log('the generated files of src/native are up to date');
    return 0;
  }
  console.error(
    `src/native/${stale.join(' and ')} differs from native/ops.def: run \`npm run generate:ops\` and commit the result`,
  );
  return 1;
}

/**
 * The generated files' texts by name for these operators: `native-ops` is the type of the addon's table, `ops` has a function an
 * operator that fills in the defaults.
 */
export function render(
  schemas: readonly (readonly [name: string, schema: string])[],
): Record<'native-ops.generated.ts' | 'ops.generated.ts', string> {
  const operators = schemas.map(([name, schema]) => ({ name, schema, ...parseSchema(schema) }));
  const table = operators.map(
    ({ name, parameters, result }) =>
      `  ${name}(${parameters.map((p) => `${p.name}: ${p.type}`).join(', ')}): ${result};`,
  );
  const functions = operators.map(({ name, schema, parameters, result }) => {
    const declared = parameters.map(
      (p) => `${p.name}: ${p.type}${p.initial === undefined ? '' : ` = ${p.initial}`}`,
    );
    const call = `operators().${name}(${parameters.map((p) => p.name).join(', ')})`;
    const body = result === 'void' ? `${call};` : `return ${call};`;
    return `  /** ${schema} */\n  ${name}(${declared.join(', ')}): ${result} {\n    ${body}\n  },`;
  });
  return {
    'native-ops.generated.ts': `${HEADER}
${TYPE_IMPORT}

/** The operators as the addon offers them: every argument given. */
export interface NativeOps {
${table.join('\n')}
}
`,
    'ops.generated.ts': `${HEADER}
import { operators } from './addon';
${TYPE_IMPORT}

/** LibTorch's operators on handles, with LibTorch's defaults. */
export const ops = {
${functions.join('\n')}
};
`,
  };
}

/** Parses e.g. `add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor`. */
export function parseSchema(schema: string): { parameters: Parameter[]; result: string } {
  const arrow = schema.lastIndexOf(') -> ');
  const inside = schema.slice(schema.indexOf('(') + 1, arrow);
  const parts = splitOutside(inside).filter((part) => part !== '*' && part !== '');
  return { parameters: lastRequired(parts.map(parseParameter)), result: resultType(schema.slice(arrow + 5)) };
}

/** TypeScript wants no required parameter after one with a default. */
function lastRequired(parameters: Parameter[]): Parameter[] {
  const last = parameters.map((p) => p.initial === undefined).lastIndexOf(true);
  return parameters.map((p, i) => (i < last ? { ...p, initial: undefined } : p));
}

function parseParameter(text: string): Parameter {
  const match = /^(.+?) (\w+)(?:=(.+))?$/.exec(text);
  if (!match) throw new Error(`expected "type name[=default]" but the schema has "${text}"`);
  const [, type, name, initial] = match;
  return { name: camelCase(name), type: argumentType(type), initial: literal(initial, type) };
}

function argumentType(type: string): string {
  const bare = type.replace(/\([a-z!| >*-]*\)/g, '');
  const optional = bare.endsWith('?');
  const inner = optional ? bare.slice(0, -1) : bare;
  const array = /^(.*)\[\d*\]$/.exec(inner);
  return `${array ? arrayType(array[1]) : TYPES[inner]}${optional ? ' | null' : ''}`;
}

function arrayType(element: string): string {
  if (element === 'Tensor') return 'Handles';
  const type = element.endsWith('?') ? `(${TYPES[element.slice(0, -1)]} | null)` : TYPES[element];
  return `readonly ${type}[]`;
}

function resultType(text: string): string {
  if (text === '()') return 'void';
  // An in-place operator gives the tensor it was called on: the caller has it already.
  if (/^Tensor\(\w+!\)$/.test(text)) return 'void';
  if (text.startsWith('(')) {
    const parts = splitOutside(text.slice(1, -1)).map((part) => resultType(part.replace(/ \w+$/, '')));
    return `[${parts.join(', ')}]`;
  }
  const bare = text.replace(/\([a-z!| >*-]*\)/g, '');
  return bare.endsWith('[]') ? `${TYPES[bare.slice(0, -2)]}[]` : TYPES[bare];
}

/** Defaults that the schemas write as words. */
const WORDS: Readonly<Record<string, string>> = {
  contiguous_format: "'contiguous'",
  preserve_format: "'preserve'",
  long: "'int64'",
  Mean: '1',
};

function literal(text: string | undefined, type: string): string | undefined {
  if (text === undefined) return undefined;
  if (text === 'None') return 'null';
  if (text === 'True' || text === 'False') return text.toLowerCase();
  const array = /\[(\d*)\]\??$/.exec(type);
  if (array && !text.startsWith('['))
    return `[${Array(Number(array[1] || 1))
      .fill(text)
      .join(', ')}]`;
  if (text.startsWith('"')) return `'${text.slice(1, -1)}'`;
  return WORDS[text] ?? text.replaceAll(',', ', ');
}

/** Splits at commas that are not inside brackets. */
function splitOutside(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (i === text.length || (text[i] === ',' && depth === 0)) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    } else if ('(['.includes(text[i])) depth++;
    else if (')]'.includes(text[i])) depth--;
  }
  return parts;
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
