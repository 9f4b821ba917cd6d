import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveSettings } from '../../src/cli/settings';
import { main } from '../../src/cli/train';
import { trainProgram } from '../../src/cli/train-program';
import { sizeOf } from '../../src/data/image-size';
import { recipes } from '../../src/recipes';
import { presetChanges } from '../../src/recipes/preset';
import { FakeHost } from './fakes';

const given = { flags: {}, set: { preset: 'paper' }, env: {} };

test('a preset that the recipe lacks ends train in one line, with those that there are', async () => {
  const host = new FakeHost();
  expect(await main(['vae', '--set', 'preset=paper'], host)).toBe(2);
  expect(host.stderr.text).toMatch(/^error: vae has no preset "paper": it has none.*\n$/);
});

test('a preset gives fields and batch, and what is said by flag wins', () => {
  const { settings } = resolveSettings(recipes, { ...given, recipe: 'sngan' });
  expect(settings).toMatchObject({ batch: 64, steps: 3000, set: { width: 256, critic: 5, lr: 2e-4 } });
  expect(settings.set).not.toHaveProperty('preset');
  const own = { ...given, recipe: 'sngan', flags: { batch: '16' }, set: { preset: 'paper', width: '8' } };
  expect(resolveSettings(recipes, own).settings).toMatchObject({ batch: 16, set: { width: 8, critic: 5 } });
});

test('a preset goes by the size of the images', () => {
  const flags = { resolution: '64' };
  const { settings } = resolveSettings(recipes, { ...given, flags, recipe: 'sngan' });
  expect(settings.set).toMatchObject({ width: 64, growth: 16 });
});

test('--help and the documentation say what each preset changes', () => {
  let help = '';
  trainProgram(recipes)
    .configureOutput({ writeOut: (text) => (help += text) })
    .outputHelp();
  const documented = readFileSync(join(__dirname, '../../docs/presets.md'), 'utf8');
  for (const recipe of Object.values(recipes))
    for (const [name, preset] of Object.entries(recipe.presets ?? {})) {
      const changes = presetChanges(recipe, preset, sizeOf(recipe.training.resolution)).join(', ');
      expect(help).toContain(`--set preset=${name}  as in ${preset.from}: ${changes}`);
      expect(documented).toContain(`| \`${recipe.name}\` | \`${name}\` | ${preset.from} | ${changes}`);
    }
});
