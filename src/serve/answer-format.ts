import type { AnswerFormat } from './models';
import { Refusal } from './refusal';

/** The media types of answers; the first of a format is the one that is sent. */
const TYPES: Readonly<Record<AnswerFormat, readonly string[]>> = {
  png: ['image/png'],
  safetensors: ['application/vnd.safetensors', 'application/x-safetensors', 'application/octet-stream'],
};

/** What a format is sent as. */
export function mediaType(format: AnswerFormat): string {
  return TYPES[format][0];
}

/**
 * The form in which a client wants images: what `format` says, else the first of what it accepts, by weight; PNG where it takes all.
 *
 * @throws Refusal 400 for another format, 406 where it accepts neither
 */
export function answerFormat(format: string | undefined, accept = '*/*'): AnswerFormat {
  if (format === 'png' || format === 'safetensors') return format;
  if (format !== undefined)
    throw new Refusal(
      400,
      `format expects png or safetensors, but got ${JSON.stringify(format).slice(0, 60)}`,
    );
  const formats = Object.entries(TYPES) as [AnswerFormat, readonly string[]][];
  const wanted = accept
    .split(',')
    .map(parseRange)
    .filter(({ weight }) => weight > 0);
  for (const { type } of wanted.sort((a, b) => b.weight - a.weight))
    for (const [name, types] of formats) if (types.some((one) => fits(one, type))) return name;
  throw new Refusal(
    406,
    `images come as ${formats.map(([, [type]]) => type).join(' or ')}, and none of them is accepted`,
  );
}

function parseRange(text: string): { readonly type: string; readonly weight: number } {
  const [type, ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
  return { type, weight: Number(weight) || 0 };
}

function fits(type: string, range: string): boolean {
  if (range === '*/*') return true;
  return range.endsWith('/*') ? type.startsWith(range.slice(0, -1)) : type === range;
}
