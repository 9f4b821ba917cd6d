import { isJsonObject, type JsonObject } from '../../../io/json';
import { type Html, html } from '../html';
import type { RunData } from '../read-run';

/** `config.json` as tables: what was asked for, what it became, the data, versions; and the networks. */
export function configurationSection({ config }: Pick<RunData, 'config'>): Html | undefined {
  if (Object.keys(config).length === 0) return undefined;
  const { settings, topology, rollbacks: _told, ...rest } = config;
  const { set, ...asked } = isJsonObject(settings) ? settings : {};
  const nested = Object.entries(rest).filter((entry): entry is [string, JsonObject] =>
    isJsonObject(entry[1]),
  );
  const flat = Object.fromEntries(Object.entries(rest).filter(([, value]) => !isJsonObject(value)));
  const tables: [string, unknown][] = [
    ['Settings', asked],
    ['Recipe', set],
    ['Run', flat],
    ...nested.map(([name, values]): [string, unknown] => [capital(name), values]),
  ];
  return html`<section aria-labelledby="configuration">
<h2 id="configuration">Configuration</h2>
<div class="tables">${tables.map(([title, values]) => table(title, values))}</div>
${isJsonObject(topology) ? networks(topology) : ''}
</section>
`;
}

function table(title: string, values: unknown): Html | undefined {
  const entries = flatten(values);
  if (entries.length === 0) return undefined;
  return html`<table class="facts"><caption>${title}</caption><tbody>${entries.map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
  )}</tbody></table>
`;
}

/** Objects within objects become `outer.inner`. */
function flatten(values: unknown, prefix = ''): [string, string][] {
  if (!isJsonObject(values)) return [];
  return Object.entries(values).flatMap(([name, value]): [string, string][] =>
    isJsonObject(value) ? flatten(value, `${prefix}${name}.`) : [[`${prefix}${name}`, valueText(value)]],
  );
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  if (value === true) return 'yes';
  if (value === false) return 'no';
  // A measured time has digits that mean nothing; a seed has none to spare.
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(6)));
  return value === null ? '–' : String(value);
}

function networks(topology: JsonObject): Html {
  return html`${Object.entries(topology).map(
    ([name, text]) => html`<details><summary>${capital(name)}</summary><pre>${String(text)}</pre></details>
`,
  )}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
