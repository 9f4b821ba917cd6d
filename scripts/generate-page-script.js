// Writes the browser's parts of pages, each as one script, from their TypeScript: of the report page and of the page that `serve` shows
// (src/report/page), and of an exported model's page (src/export/web); with `--check` it compares instead. A page is written at run time,
// where there is no compiler.
const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

const REPORT = path.join(__dirname, '..', 'src', 'report', 'page');
// What a file imports comes before it.
const CHARTS = [
  'chart/chart.ts',
  'chart/scale.ts',
  'chart/draw.ts',
  'browser/dom.ts',
  'browser/chart-view.ts',
];
const SHARED = ['browser/section.ts', 'browser/offer-copy.ts', 'browser/scrubber.ts'];
const SCRIPTS = [
  {
    folder: REPORT,
    target: 'script.generated.ts',
    name: 'pageScript',
    about: 'The script of a report page.',
    files: [...CHARTS, ...SHARED, 'browser/main.ts'],
  },
  {
    folder: REPORT,
    target: 'dashboard.generated.ts',
    name: 'dashboardScript',
    about: 'The script of the page of runs.',
    files: [
      ...CHARTS,
      ...SHARED,
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
    files: ['model', 'random', 'dom', 'picture', 'latents', 'images', 'main'].map(
      (file) => `browser/${file}.ts`,
    ),
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

function textOf({ folder, name, about, files }) {
  // In a page such a text would end the script; in a string and in a template it stays what it is.
  const code = files
    .map((file) => translate(folder, file))
    .join('')
    .replaceAll('</script', '<\\/script');
  checkNames(code, files);
  const lines = ["(() => {'use strict';", ...code.trimEnd().split('\n'), '})();'];
  return `// Written by \`npm run generate:page\` from ${files.join(', ')}: change those.

/** ${about} */
export const ${name} = [
${lines.map((line) => `  ${JSON.stringify(line)},\n`).join('')}].join('\\n');
`;
}

for (const script of SCRIPTS) {
  const target = path.join(script.folder, script.target);
  const text = textOf(script);
  if (!process.argv.includes('--check')) {
    fs.writeFileSync(target, text);
  } else if (!fs.existsSync(target) || fs.readFileSync(target, 'utf8') !== text) {
    process.stderr.write(`${target} is not what its sources say: run npm run generate:page\n`);
    process.exitCode = 1;
  }
}
