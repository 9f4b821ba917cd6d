import { advise, nearest } from '../src/nearest';

const SETS = ['digits', 'mnist', 'fashion-mnist', 'cifar10', 'sign-language-digits'];

describe('nearest', () => {
  test.each(['', 'x', 'imagenet', 'completely-different'])('finds nothing near %j', (word) => {
    expect(nearest(word, SETS)).toBeNull();
  });

  test('finds nothing among no candidates', () => {
    expect(nearest('mnist', [])).toBeNull();
  });

  test.each([
    ['minst', 'mnist'],
    ['mnits', 'mnist'],
    ['digit', 'digits'],
    ['Fashion_MNIST', 'fashion-mnist'],
    ['cifar-10', 'cifar10'],
    ['sign-langauge-digit', 'sign-language-digits'],
  ])('takes %s for a slip of %s', (word, meant) => {
    expect(nearest(word, SETS)).toBe(meant);
  });

  test('prefers the candidate with fewer slips', () => {
    expect(nearest('--seeds', ['--steps', '--seed'])).toBe('--seed');
  });
});

test('advise asks for the nearest word, and says in a sentence of its own what there is', () => {
  expect(advise('minst', ['mnist', 'digits'], 'there are two')).toBe(': did you mean mnist? There are two');
  expect(advise('flowers', ['mnist', 'digits'], 'there are two')).toBe('; there are two');
});
