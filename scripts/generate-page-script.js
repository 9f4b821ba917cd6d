// Writes src/report/page/script.generated.ts: the browser's part of the report page as one script, from its TypeScript; with
// `--check` it compares instead. A page is written at run time, where there is no compiler.
const fs = require('node:fs');
const path = require('node:path');
const ts = require('typescript');

const folder = path.join(__dirname, '..', 'src', 'report', 'page');
const target = path.join(folder, 'script.generated.ts');
// What a file imports comes before it.
const FILES = [
  'chart/chart.ts',
  'chart/scale.ts',
  'chart/draw.ts',
  'browser/dom.ts',
  'browser/chart-view.ts',
  'browser/scrubber.ts',
  'browser/main.ts',
];

// The files share one scope: imports name what is there already.
function translate(file) {
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

function checkNames(code) {
  const names = [...code.matchAll(/^(?:const|let|class|(?:async )?function\*?) (\w+)/gm)].map(
    ([, name]) => name,
  );
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice)
    throw new Error(`${twice} is declared in two of ${FILES.join(', ')}: the page's script has one scope`);
}

const code = FILES.map(translate).join('');
checkNames(code);
const lines = ["(() => {'use strict';", ...code.trimEnd().split('\n'), '})();'];
const text = `// Written by \`npm run generate:page\` from ${FILES.join(', ')}: change those.

/** The script of a report page. */
export const pageScript = [
${lines.map((line) => `  ${JSON.stringify(line)},\n`).join('')}].join('\\n');
`;

if (!process.argv.includes('--check')) {
  fs.writeFileSync(target, text);
} else if (!fs.existsSync(target) || fs.readFileSync(target, 'utf8') !== text) {
  process.stderr.write(`${target} is not what its sources say: run npm run generate:page\n`);
  process.exitCode = 1;
}
