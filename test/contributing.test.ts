import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const examples = readdirSync(join(root, 'examples'));

test('CONTRIBUTING shows the example of a recipe as it is', () => {
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const code = readFileSync(join(root, 'examples', 'lazy-r1.ts'), 'utf8');
  expect(text).toContain(`\`\`\`ts\n${code}\`\`\`\n`);
});

test.each(examples)('%s uses the public face alone', (name) => {
  const code = readFileSync(join(root, 'examples', name), 'utf8');
  const imported = [...code.matchAll(/\b(?:from|import|require)\s*\(?\s*'([^']+)'/g)].map(([, path]) => path);
  expect(imported.filter((path) => !path.startsWith('node:'))).toEqual(['../src']);
});
