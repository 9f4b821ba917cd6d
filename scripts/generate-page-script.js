// Writes the browser's parts of pages, each as one script, from their TypeScript: of the report page and of the page that `serve` shows
// (src/report/page), and of an exported model's page (src/export/web); with `--check` it compares instead. A page is written at run time,
// where there is no compiler. What two pages share is one text, which the script of each begins with.
const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

const REPORT = path.join(__dirname, '..', 'src', 'report', 'page');
// What a file imports comes before it.
const SHARED = {
  folder: REPORT,
  target: 'shared.generated.ts',
  name: 'sharedScript',
  about: 'What the scripts of the report page and of the page of runs begin with.',
  files: [
    'chart/chart.ts',
    'chart/scale.ts',
    'chart/draw.ts',
    'browser/dom.ts',
    'browser/chart-view.ts',
    'browser/section.ts',
    'browser/offer-copy.ts',
    'browser/scrubber.ts',
  ],
};
const SCRIPTS = [
  {
    folder: REPORT,
    target: 'script.generated.ts',
    name: 'pageScript',
    about: 'The script of a report page.',
    shared: SHARED,
    files: ['browser/main.ts'],
  },
  {
    folder: REPORT,
    target: 'dashboard.generated.ts',
    name: 'dashboardScript',
    about: 'The script of the page of runs.',
    shared: SHARED,
    files: [
      'chart/compare.ts',
      'thin.ts',
      'html.ts',
      'sections/figure.ts',
      'sections/curves.ts',
      'sections/picture.ts',
      'sections/scrubber-figure.ts',
      'browser/slot.ts',
      'browser/live-charts.ts',
      'browser/live-scrubber.ts',
      'browser/make-panel.ts',
      'browser/run-store.ts',
      'browser/run-panel.ts',
      'browser/compare-panel.ts',
      'browser/run-table.ts',
      'browser/dashboard.ts',
    ],
  },
  {
    folder: path.join(__dirname, '..', 'src', 'export', 'web'),
    target: 'script.generated.ts',
    name: 'webScript',
    about: 'The script of an exported model’s page.',
    files: [
      'browser/beside.ts',
      'browser/ort.ts',
      'browser/random.ts',
      'browser/probe.ts',
      'browser/model.ts',
      'browser/dom.ts',
      'browser/speed.ts',
      'browser/gpu-switch.ts',
      'browser/channels.ts',
      'browser/picture.ts',
      'browser/points.ts',
      'browser/latents.ts',
      'browser/extent.ts',
      'browser/pixels.ts',
      'browser/hole.ts',
      'browser/camera.ts',
      'browser/images.ts',
      'browser/main.ts',
    ],
  },
];

// The files share one scope: imports name what is there already.
function translate(folder, file) {
  const { outputText } = ts.transpileModule(fs.readFileSync(path.join(folder, file), 'utf8'), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      removeComments: true,
      isolatedModules: true,
    },
  });
  return outputText
    .replaceAll(/^import .*;\n/gm, '')
    .replaceAll(/^export \{\};\n/gm, '')
    .replaceAll(/^export /gm, '');
}

function checkNames(code, files) {
  const names = [...code.matchAll(/^(?:const|let|class|(?:async )?function\*?) (\w+)/gm)].map(
    ([, name]) => name,
  );
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice)
    throw new Error(`${twice} is declared in two of ${files.join(', ')}: a page's script has one scope`);
}

function codeOf({ folder, files }) {
  // In a page such a text would end the script; in a string and in a template it stays what it is.
  return files
    .map((file) => translate(folder, file))
    .join('')
    .trimEnd()
    .replaceAll('</script', '<\\/script');
}

function stringsOf(code) {
  return code.split('\n').map((line) => JSON.stringify(line));
}

function moduleOf({ name, about, files }, imports, entries) {
  return `// Written by \`npm run generate:page\` from ${files.join(', ')}: change those.
${imports}
/** ${about} */
export const ${name} = [
${entries.map((entry) => `  ${entry},\n`).join('')}].join('\\n');
`;
}

function sharedText(part) {
  return moduleOf(part, '', stringsOf(codeOf(part)));
}

function scriptText(script) {
  const { shared } = script;
  const code = codeOf(script);
  checkNames(shared ? `${codeOf(shared)}\n${code}` : code, [...(shared?.files ?? []), ...script.files]);
  const imports = shared ? `import { ${shared.name} } from './${path.parse(shared.target).name}';\n` : '';
  return moduleOf(script, imports, [
    ...stringsOf("(() => {'use strict';"),
    ...(shared ? [shared.name] : []),
    ...stringsOf(code),
    ...stringsOf('})();'),
  ]);
}

function write({ folder, target: file }, text) {
  const target = path.join(folder, file);
  if (!process.argv.includes('--check')) {
    fs.writeFileSync(target, text);
  } else if (!fs.existsSync(target) || fs.readFileSync(target, 'utf8') !== text) {
    process.stderr.write(`${target} is not what its sources say: run npm run generate:page\n`);
    process.exitCode = 1;
  }
}

write(SHARED, sharedText(SHARED));
for (const script of SCRIPTS) write(script, scriptText(script));
