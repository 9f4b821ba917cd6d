import { whileCapturing } from '../../src/tensor/capture';
import { tensor } from '../../src/tensor/create';
import { hostReads } from '../../src/tensor/host-reads';
import { memory } from '../../src/tensor/memory';
import { scope } from '../../src/tensor/scope';
import { Scoreboard } from '../../src/training/scoreboard';
import { failure, usage } from '../support/failure';
import { testDevice } from '../support/fixtures';

/** A board that is cleared after the test. */
function withBoard(body: (board: Scoreboard) => void): void {
  const board = new Scoreboard(testDevice);
  scope(() => body(board));
  board.clear();
}

test('a board refuses a tensor of several numbers, naming it', () =>
  withBoard((board) => {
    expect(() => board.post({ kind: 'statistics', name: 'logits' }, tensor([1, 2]))).toThrow(
      usage('one number for logits but received a tensor of shape [2]: reduce it'),
    );
  }));

test('a capture may write to what a board has, but not begin anything', () =>
  withBoard((board) => {
    const loss = { kind: 'losses', name: 'D' } as const;
    board.post(loss, tensor(1, { device: testDevice }));
    const two = tensor(2, { device: testDevice });
    whileCapturing(() => board.post(loss, two));
    expect(board.read().losses).toEqual({ D: 2 });
    expect(() => whileCapturing(() => board.post({ kind: 'losses', name: 'G' }, two))).toThrow(
      failure('ERR_CAPTURE', 'keeps a tensor for later'),
    );
    expect(() => whileCapturing(() => board.post(loss, 1))).toThrow(
      failure('ERR_CAPTURE', 'logs D as a number, not as a tensor'),
    );
  }));

test('a board has the newest of each name, tensor or number, in one read', () =>
  withBoard((board) => {
    for (const value of [1, 2, 3]) {
      board.post({ kind: 'losses', name: 'D' }, tensor([value / 3], { device: testDevice }));
      board.post({ kind: 'statistics', name: 'D' }, tensor(value, { dtype: 'bfloat16' }));
      board.post({ kind: 'statistics', name: 'index' }, value);
    }
    const before = hostReads();
    expect(board.read()).toEqual({ losses: { D: 1 }, statistics: { D: 3, index: 3 }, faults: {}, rows: {} });
    expect(hostReads() - before).toBe(1);
    board.post({ kind: 'statistics', name: 'D' }, 4);
    board.post({ kind: 'statistics', name: 'index' }, tensor(5));
    expect(board.read().statistics).toEqual({ D: 4, index: 5 });
  }));

test('a board keeps a tensor a name, and releases it when it is cleared', () => {
  const board = new Scoreboard(testDevice);
  const before = memory().tensors;
  for (let i = 0; i < 3; i++) scope(() => board.post({ kind: 'losses', name: 'D' }, tensor(i)));
  expect(memory().tensors).toBe(before + 1);
  board.clear();
  expect([memory().tensors, board.read()]).toEqual([
    before,
    { losses: {}, statistics: {}, faults: {}, rows: {} },
  ]);
});
