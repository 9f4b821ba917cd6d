// Writes src/report/page/script.generated.ts and src/export/web/script.generated.ts: the browser's part of the report page and that of an
// exported model as one script each, from their TypeScript; with `--check` it compares instead. Pages are written at run time, where there is
// no compiler.
const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

// What a file imports comes before it.
const PAGES = [
  {
    folder: path.join(__dirname, '..', 'src', 'report', 'page'),
    name: 'pageScript',
    summary: 'The script of a report page.',
    files: [
      'chart/chart.ts',
      'chart/scale.ts',
      'chart/draw.ts',
      'browser/dom.ts',
      'browser/chart-view.ts',
      'browser/scrubber.ts',
      'browser/main.ts',
    ],
  },
  {
    folder: path.join(__dirname, '..', 'src', 'export', 'web'),
    name: 'webScript',
    summary: 'The script of an exported model’s page.',
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
    throw new Error(`${twice} is declared in two of ${files.join(', ')}: the page's script has one scope`);
}

function generate({ folder, name, summary, files }) {
  const code = files.map((file) => translate(folder, file)).join('');
  checkNames(code, files);
  const lines = ["(() => {'use strict';", ...code.trimEnd().split('\n'), '})();'];
  const text = `// Written by \`npm run generate:page\` from ${files.join(', ')}: change those.

/** ${summary} */
export const ${name} = [
${lines.map((line) => `  ${JSON.stringify(line)},\n`).join('')}].join('\\n');
`;
  const target = path.join(folder, 'script.generated.ts');
  if (!process.argv.includes('--check')) {
    fs.writeFileSync(target, text);
  } else if (!fs.existsSync(target) || fs.readFileSync(target, 'utf8') !== text) {
    process.stderr.write(`${target} is not what its sources say: run npm run generate:page\n`);
    process.exitCode = 1;
  }
}

PAGES.forEach(generate);
