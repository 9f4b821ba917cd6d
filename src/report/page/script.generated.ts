// Written by `npm run generate:page` from browser/main.ts: change those.
import { sharedScript } from './shared.generated';

/** The script of a report page. */
export const pageScript = [
  "(() => {'use strict';",
  sharedScript,
  "function start() {",
  "    const charts = readData('charts') ?? [];",
  "    for (const section of document.querySelectorAll('[data-charts]'))",
  "        new ChartSection(section, charts);",
  "    const frames = readData('frames');",
  "    if (frames)",
  "        new Scrubber(find(document, '.scrubber', Element), frames);",
  "    document.querySelectorAll('button.copy').forEach(offerCopy);",
  "}",
  "start();",
  "})();",
].join('\n');
