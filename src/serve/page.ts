import { dashboardScript } from '../report/page/dashboard.generated';
import { dataBlock, Html, html } from '../report/page/html';
import { sourceHash } from '../report/page/source-hash';
import { pageStyle } from '../report/page/style';
import { version } from '../version';
import { dashboardStyle } from './style';

/** The page of a server, the same for all who ask: what it shows comes by events. */
export interface DashboardPage {
  readonly html: string;
  /** Its content security policy: only its own style and script work, by their hashes, and it asks this server alone. */
  readonly policy: string;
}

/** The page that shows runs. @param makesImages whether it offers to make images */
export function dashboardPage({ makesImages }: { readonly makesImages: boolean }): DashboardPage {
  const style = `${pageStyle}${dashboardStyle}`;
  const policy = [
    "default-src 'none'",
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    `style-src '${sourceHash(style)}'`,
    `script-src '${sourceHash(dashboardScript)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="libtorch-gan ${version}">
<title>Runs – libtorch-gan</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#shown">To the runs that are shown</a>
<main class="dashboard">
<header class="top">
<h1>Runs</h1>
<p class="connection" role="status" aria-live="polite">connecting …</p>
</header>
<noscript><p class="warning">This page needs its script. Without one, report.html in a run’s folder shows the same, still.</p></noscript>
<div class="scroll" tabindex="0" role="region" aria-label="Runs"><table class="runs">
<thead><tr><th scope="col">Show</th><th scope="col">Run</th><th scope="col">State</th><th scope="col">Steps</th><th scope="col">Images/s</th><th scope="col">Judged</th><th scope="col">Samples</th></tr></thead>
<tbody></tbody></table></div>
<p class="hint none" hidden>There is no run yet: it appears here when a training begins.</p>
<div id="shown" tabindex="-1"></div>
</main>
${dataBlock('options', { makesImages })}
<script>${new Html(dashboardScript)}</script>
</body>
</html>
`;
  return { html: page.text, policy };
}
