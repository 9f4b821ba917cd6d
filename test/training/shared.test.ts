// What members of a group agree on, with groups whose other members say what the test wants.
import { memberHost, memberPlace } from '../../src/cli/member';
import { alone, type Json, type ProcessGroup } from '../../src/parallel/group';
import { ofFirst } from '../../src/parallel/of-first';
import { meanOfAll, sharers, sharingStatistics, sumOfAll } from '../../src/parallel/shared-statistics';
import { tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { AgreedStop } from '../../src/training/agreed-stop';
import { memberSeed } from '../../src/training/member-seed';
import { compareWeights } from '../../src/training/same-weights';
import { requireSame, requireSameData, sharedNumbers } from '../../src/training/shared-numbers';
import { waitedFor } from '../../src/training/waited-for';
import { FakeHost } from '../cli/fakes';
import { failure, usage } from '../support/failure';
import { tinyNetworks } from '../support/tiny-trainer';
import { tinyLoader } from '../support/training';

/** Rank 0 of two, whose other member answers what `answer` makes of what this one says; its tensors are `factor` times these. */
function withOther(answer: (own: Json) => Json, more: Partial<ProcessGroup> = {}): ProcessGroup {
  return { ...alone, size: 2, engine: 'mpi', gather: (own) => [own, answer(own)], ...more };
}

const same = withOther((own) => own);

test('what differs between members is named with both values, also where one has none', () => {
  const other = withOther((own) => ({ ...(own as object), 'set.width': '64' }));
  expect(() => requireSame(other, 'command', { seed: 1, set: { width: 32 } })).toThrow(
    usage(
      'expected all 2 processes to have one command but set.width is 32 at rank 0 and 64 at rank 1: start all with the same command',
    ),
  );
  expect(() =>
    requireSame(
      withOther(() => ({})),
      'command',
      { seed: 1 },
    ),
  ).toThrow(usage('seed is 1 at rank 0 and absent at rank 1'));
  requireSame(same, 'command', { seed: 1 });
  requireSame(alone, 'command', { seed: 1 });
});

test('other images are other data, and the same images in another folder are not', () => {
  const loader = tinyLoader();
  const images = { classNames: [], path: '/here', count: 96, sha256: 'ab' };
  const other = withOther((own) => ({ ...(own as object), 'images.sha256': '"cd"' }));
  expect(() => requireSameData(other, loader, { images })).toThrow(usage('images.sha256 is "ab" at rank 0'));
  let told: Json = null;
  const listening = withOther((own) => {
    told = own;
    return own;
  });
  requireSameData(listening, loader, { images });
  expect(Object.keys(Object(told))).not.toContain('images.path');
  loader.dispose();
});

test('weights that differ end the training, at the steps in which they are compared', () => {
  const networks = tinyNetworks();
  const broken = withOther((own) => ({ ...(own as object), generator: 'ff' }));
  compareWeights({ group: broken, networks, step: 499 });
  compareWeights({ group: same, networks, step: 500 });
  compareWeights({ group: alone, networks, step: 500 });
  expect(() => compareWeights({ group: broken, networks, step: 500 })).toThrow(
    failure('ERR_PARALLEL', 'generator of rank 1 differs from that of rank 0'),
  );
  for (const network of Object.values(networks)) network.dispose();
});

test('the first member decides, and no other looks', () => {
  const second = withOther((own) => own, {
    rank: 1,
    gather: (own) => ['{"found":{"precision":"bf16"}}', own],
  });
  expect(ofFirst(second, () => new Error('asked'))).toEqual({ precision: 'bf16' });
  expect(ofFirst(same, () => 3)).toBe(3);
  expect(ofFirst(alone, () => 4)).toBe(4);
});

test('a wish to end of any member ends all in one step, and on NCCL in a step that waits for the device anyway', () => {
  const wishing = new AgreedStop(
    withOther(() => true),
    new AbortController().signal,
  );
  expect(wishing.signal?.aborted).toBe(false);
  wishing.agree(3);
  expect(wishing.signal?.aborted).toBe(true);
  const own = AbortSignal.abort();
  const unheard = new AgreedStop(
    withOther(() => false, { engine: 'nccl' }),
    own,
  );
  unheard.agree(3);
  expect(unheard.signal?.aborted).toBe(false);
  unheard.agree(16);
  expect(unheard.signal?.aborted).toBe(true);
  expect(new AgreedStop(alone, own).signal).toBe(own);
});

test('what the first member does alone is announced, and all wait for its end', async () => {
  const calls: string[] = [];
  const listening = withOther((own) => own, {
    enter: (activity, seconds = 0) => calls.push(seconds > 60 ? `long ${activity}` : activity),
    barrier: () => calls.push('barrier'),
  });
  expect(await waitedFor(listening, 'samples', async () => calls.push('drawn'))).toBe(2);
  expect(calls).toEqual(['long samples', 'drawn', 'barrier']);
});

test('statistics are means over the members that have them, NaN included', () => {
  const numbers = { losses: { D: 1 }, statistics: { a: 1, b: 2, c: 5 }, faults: {}, rows: {} };
  const other = withOther(() => ({ a: '3', b: 'NaN' }));
  expect(sharedNumbers(other, numbers)).toEqual({ ...numbers, statistics: { a: 2, b: Number.NaN, c: 5 } });
  expect(sharedNumbers(alone, numbers)).toBe(numbers);
});

test('statistics of batches are of all members in a step, and of the process outside', () => {
  const calls: string[] = [];
  const doubling = withOther((own) => own, {
    allReduce([statistic]: readonly Tensor[], operation) {
      calls.push(operation);
      statistic.mul_(2);
    },
  });
  scope(() => {
    const one = tensor([1]);
    expect(meanOfAll(one)).toBe(one);
    sharingStatistics(doubling, () => {
      expect([meanOfAll(one).item(), sumOfAll(one).item(), sharers()]).toEqual([2, 2, 2]);
      expect(one.item()).toBe(1);
    });
    sharingStatistics(alone, () => expect(sumOfAll(one)).toBe(one));
    expect(sharers()).toBe(1);
  });
  expect(calls).toEqual(['mean', 'sum']);
});

test('the first member has the seed of the training, and every other one of its own', () => {
  const seeds = [0, 1, 2].map((rank) => memberSeed(5, { rank }));
  expect(seeds[0]).toBe(5);
  expect(new Set([...seeds, memberSeed(5, { rank: 1, step: 8 }), memberSeed(6, { rank: 1 })]).size).toBe(5);
});

test('a member names its errors, and others than the first say nothing else', () => {
  const told = [0, 1].map((rank) => {
    const host = new FakeHost({ env: { RANK: `${rank}`, WORLD_SIZE: '2' } });
    const member = memberHost(host);
    member.stdout.write(`result of ${rank}\n`);
    for (const text of ['a log\n', 'warning: w\n', 'error: e\n']) member.stderr.write(text);
    return [host.stdout.text, host.stderr.text];
  });
  expect(told).toEqual([
    ['result of 0\n', 'a log\nwarning: w\nrank 0: error: e\n'],
    ['', 'rank 1: error: e\n'],
  ]);
});

test('one process of a launcher is alone', () => {
  expect(memberPlace({}, 'cpu')).toBeNull();
  expect(memberPlace({ RANK: '0', WORLD_SIZE: '1', LOCAL_RANK: '0' }, 'cpu')).toBeNull();
  expect(memberPlace({ RANK: '1', WORLD_SIZE: '2', LOCAL_RANK: '1' }, 'cpu')).toMatchObject({
    rank: 1,
    size: 2,
  });
});
