import { whyIncomparable } from '../../benchmarks/check';
import { groupsOf } from '../../benchmarks/suites';
import type { Measured } from '../../benchmarks/task';

const [ops, group, translators] = groupsOf({
  suites: ['ops', 'dcgan64', 'cyclegan64'],
  against: ['pytorch-textbook'],
  precisions: ['fp32'],
  device: 'cpu',
  threads: 1,
  seconds: 1,
});
const textbook = group.participants[1];
const answer: Measured = {
  figures: {},
  parameters: { generator: 3_576_707, discriminator: 2_765_633 },
  passes: { generator: 1, discriminator: 3 },
  flops: 158_864_506_880,
};
const why = (changes: Partial<Measured>) => whyIncomparable(group, textbook, { ...answer, ...changes });

test('other networks are refused, with both counts', () => {
  expect(why({ parameters: { generator: 3_576_704, discriminator: 2_765_633 } })).toBe(
    'not the same networks: 3576704 generator and 2765633 discriminator parameters, where 3576707 generator and 2765633 discriminator are expected',
  );
  expect(why({ parameters: undefined })).toContain('unknown parameters');
});

test('more passes than one of the generator and three of the discriminator are refused', () => {
  expect(why({ passes: { generator: 2, discriminator: 3 } })).toBe(
    'not the same work: 2 generator and 3 discriminator passes a step, where 1 generator and 3 discriminator are expected',
  );
});

test("FLOPs that are not the formula's are refused", () => {
  expect(why({ flops: 145_575_903_232 })).toBe(
    'not the same work: PyTorch counts 145.58 GFLOP a step, where 158.86 are expected',
  );
});

test('every network of a model is counted: a cycle without its identity term is refused', () => {
  const [, peer] = translators.participants;
  const translating: Measured = {
    figures: {},
    parameters: { ab: 1_965_059, ba: 1_965_059, judgeA: 694_241, judgeB: 694_241 },
    passes: { ab: 3, ba: 3, judgeA: 3, judgeB: 3 },
    flops: 21_659_910_144,
  };
  expect(whyIncomparable(translators, peer, translating)).toBeNull();
  const { judgeA: _, ...without } = translating.parameters ?? {};
  expect(whyIncomparable(translators, peer, { ...translating, parameters: without })).toContain(
    'where 1965059 ab, 1965059 ba, 694241 judgeA and 694241 judgeB are expected',
  );
  const passes = { ab: 2, ba: 2, judgeA: 3, judgeB: 3 };
  expect(whyIncomparable(translators, peer, { ...translating, passes })).toBe(
    'not the same work: 2 ab, 2 ba, 3 judgeA and 3 judgeB passes a step, where 3 ab, 3 ba, 3 judgeA and 3 judgeB are expected',
  );
});

test('the same work is accepted, counted or not', () => {
  expect(why({})).toBeNull();
  expect(why({ flops: undefined })).toBeNull();
});

test('where there are no networks nothing is checked', () => {
  expect(whyIncomparable(ops, ops.participants[0], { figures: {} })).toBeNull();
});
