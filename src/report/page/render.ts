import { version } from '../../version';
import { dataBlock, Html, html } from './html';
import type { RunData } from './read-run';
import { pageScript } from './script.generated';
import { type CommandLine, commandsSection } from './sections/commands';
import { configurationSection } from './sections/configuration';
import { curvesSection } from './sections/curves';
import { Charts } from './sections/figure';
import { metricsSection } from './sections/metrics';
import { neighboursSection } from './sections/neighbours';
import { overviewSection } from './sections/overview';
import { samplesSection } from './sections/samples';
import { sourceHash } from './source-hash';
import { pageStyle } from './style';

/** How a page is rendered. */
export interface RenderOptions {
  /** When it was written. */
  readonly now: Date;
  readonly commandLine: CommandLine;
}

/**
 * A report page: one HTML document that loads nothing. Its content security policy lets only its own style and script work, both by
 * their hashes, so that text of a run could do nothing even as markup.
 */
export function renderPage(run: RunData, { now, commandLine }: RenderOptions): string {
  const charts = new Charts();
  const sections = [
    overviewSection(run),
    samplesSection(run),
    metricsSection(run, charts),
    neighboursSection(run),
    curvesSection(run.metrics, charts),
    configurationSection(run),
    commandsSection(run, commandLine),
  ];
  const policy = `default-src 'none'; img-src data:; style-src '${sourceHash(pageStyle)}'; script-src '${sourceHash(pageScript)}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="libtorch-gan ${version}">
<title>${run.name} – training report</title>
<link rel="icon" href="data:,">
<style>${new Html(pageStyle)}</style>
</head>
<body>
<main>
${sections}
<footer>Written ${now.toISOString().slice(0, 16).replace('T', ' ')} UTC by libtorch-gan ${version}.</footer>
</main>
${dataBlock('charts', charts.all)}
<script>${new Html(pageScript)}</script>
</body>
</html>
`;
  return page.text;
}
