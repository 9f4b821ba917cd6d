// Writes index.mjs and its types into dist/ (or the folder named): the CommonJS build under names that
// `import { Tensor } from 'libtorch-gan'` finds.
const fs = require('node:fs');
const path = require('node:path');

const dist = path.resolve(process.argv[2] ?? path.join(__dirname, '..', 'dist'));
const names = Object.keys(require(path.join(dist, 'src', 'index.js'))).sort();
if (names.length === 0) throw new Error(`${dist}/src/index.js exports nothing`);

fs.writeFileSync(
  path.join(dist, 'index.mjs'),
  `import api from './src/index.js';\n\nexport const { ${names.join(', ')} } = api;\n`,
);
fs.writeFileSync(path.join(dist, 'index.d.mts'), "export * from './src/index.js';\n");
