// Combinations that are known to fail are refused by every recipe with a discriminator, at the start.
import { Sigmoid } from '../../src/nn/activation';
import { linear } from '../../src/nn/linear';
import { sequential } from '../../src/nn/sequential';
import { recipes } from '../../src/recipes';
import { refuse } from '../../src/recipes/hazards';
import { ADVERSARIAL } from '../support/adversarial-recipes';
import { usage } from '../support/failure';
import { buildModel } from '../support/training';

function small(recipe: string) {
  const found = ADVERSARIAL.find((each) => each.recipe === recipe);
  if (!found) throw new Error(recipe);
  return found;
}

test('every recipe with a discriminator can be told what to allow', () => {
  const without = Object.values(recipes).filter(({ fields }) => !('allow' in fields));
  expect(without.map(({ name }) => name)).toEqual(['vae', 'beta-vae']);
});

test.each(ADVERSARIAL.filter(({ recipe }) => 'labelSmoothing' in recipes[recipe].fields))(
  '$name refuses smoothed labels of a loss without targets',
  ({ recipe, set, resolution }) => {
    expect(() =>
      buildModel(recipes[recipe], { set: { ...set, loss: 'hinge', labelSmoothing: '0.1' }, resolution }),
    ).toThrow(usage('label smoothing of 0.1 with the loss hinge, which has no targets'));
  },
);

test.each([
  ['sngan', 'critic'],
  ['projection', 'critic'],
])('%s refuses the minimax loss beside several steps of D, unless it is allowed', (recipe, steps) => {
  const { set, resolution } = small(recipe);
  const build = (more: Record<string, string>) =>
    buildModel(recipes[recipe], { set: { ...set, loss: 'minimax', ...more }, resolution });
  expect(() => build({ [steps]: '2' })).toThrow(
    usage('the minimax loss with 2 steps of the discriminator for each of the generator'),
  );
  for (const more of [{ [steps]: '1' }, { [steps]: '2', allow: 'minimax-with-critic-steps' }])
    for (const network of Object.values(build(more).networks)) network.dispose();
});

test('a refusal releases the networks, whatever they are called', () => {
  const networks = {
    encoder: linear(2, 2),
    discriminator: sequential(linear(2, 1), new Sigmoid()),
  };
  expect(() => refuse({ networks, loss: 'non-saturating' }, { allow: 'none' })).toThrow(
    usage('Sigmoid at the end of discriminator'),
  );
  for (const network of Object.values(networks))
    for (const parameter of network.parameters()) expect(parameter.released).toBe(true);
});
