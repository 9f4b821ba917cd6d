/** The page of an exported model; what it says of the model it reads from `model.json`. Only what lies beside it is loaded. */
export const webDocument = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'">
<title>Model</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script src="ort/ort.js" defer></script>
<script src="app.js" defer></script>
</head>
<body>
<header><h1>Model</h1><p id="speed" role="status"></p></header>
<main><p>Loading the model …</p><noscript><p class="problem">This page runs the model in the browser, and needs JavaScript.</p></noscript></main>
<footer><p id="parity"></p></footer>
</body>
</html>
`;

/** Its style sheet: one column on a phone, light and dark as the system is. */
export const webStyle = `:root {
  --back: #fbfbfa; --front: #1d1d1f; --soft: #6b6b70; --line: #d9d9dc; --panel: #ffffff; --accent: #0b62d6; --on-accent: #ffffff; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root { --back: #151517; --front: #ececee; --soft: #a0a0a6; --line: #36363a; --panel: #1e1e21; --accent: #6cabff; --on-accent: #0b1220; --bad: #ff8a80; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; background: var(--back); color: var(--front); font: 16px/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 0 0 .25rem; }
p { margin: 0 0 .75rem; color: var(--soft); }
section { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 1rem; margin: 1rem 0; }
canvas { image-rendering: pixelated; width: 100%; display: block; border-radius: 4px; background: var(--line); }
.grid { display: grid; grid-template-columns: repeat(4, 1fr); gap: .5rem; }
.tile { padding: 3px; border: 2px solid transparent; border-radius: 7px; background: none; cursor: pointer; }
.tile[aria-pressed=true] { border-color: var(--accent); }
.controls { display: flex; flex-wrap: wrap; gap: .75rem 1.25rem; align-items: center; margin-bottom: 1rem; }
.beside { display: grid; grid-template-columns: minmax(8rem, 18rem) 1fr; gap: 1rem; align-items: start; }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1rem; }
figure { margin: 0; }
figcaption { color: var(--soft); font-size: .9rem; }
label { display: flex; align-items: center; gap: .5rem; }
.slider { display: grid; grid-template-columns: minmax(4.5rem, auto) minmax(0, 1fr) 3.2rem; gap: .5rem; width: 100%; min-height: 2.2rem; }
.controls .slider { width: min(100%, 20rem); }
.sliders { display: grid; grid-template-columns: auto minmax(0, 1fr) 3.2rem; gap: .4rem .5rem; }
.sliders > * { grid-column: 1 / -1; }
.sliders > .slider { grid-template-columns: subgrid; }
.sliders span { min-width: 4.5rem; }
.slider output { text-align: right; font-variant-numeric: tabular-nums; color: var(--soft); }
input, select, button { font: inherit; color: inherit; }
input[type=file] { max-width: 100%; }
input[type=number], select { width: 7rem; padding: .35rem .5rem; border: 1px solid var(--line); border-radius: 6px; background: var(--back); }
input[type=range] { width: 100%; min-width: 0; accent-color: var(--accent); }
.main { padding: .5rem 1rem; border: 0; border-radius: 8px; background: var(--accent); color: var(--on-accent); cursor: pointer; }
.main:disabled { opacity: .5; }
.switch { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; margin-top: 1rem; }
.switch input { width: 1.15rem; height: 1.15rem; accent-color: var(--accent); }
.told { color: var(--soft); }
.problem:empty { display: none; }
.drop { display: grid; grid-template-columns: minmax(0, 1fr); justify-items: center; text-align: center; padding: 1.25rem; border: 2px dashed var(--line); border-radius: 10px; margin-bottom: .75rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.problem { color: var(--bad); font-weight: 600; }
footer p { font-size: .85rem; }
@media (max-width: 34rem) { .beside { grid-template-columns: 1fr; } .grid { gap: .25rem; } body { padding: .75rem; } }
`;
