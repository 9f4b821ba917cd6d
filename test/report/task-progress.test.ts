import { Writable } from 'node:stream';
import { createTaskProgress } from '../../src/report/task-progress';

class Screen extends Writable {
  text = '';
  constructor(readonly isTTY: boolean) {
    super({ decodeStrings: false });
  }
  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }
}

/** What is written for states at given times, in milliseconds. */
function shown(states: [number, number][], { tty, bar = true }: { tty: boolean; bar?: boolean }): string {
  const screen = new Screen(tty);
  let time = 0;
  const show = createTaskProgress({ stream: screen, bar, now: () => time });
  for (const [ms, done] of states) {
    time = ms;
    show({ task: 'drawing digits', done, total: 200 });
  }
  return screen.text;
}

test('without a terminal there is a line every five seconds', () => {
  expect(
    shown(
      [
        [1000, 10],
        [5000, 50],
        [9000, 80],
        [10_001, 101],
        [11_000, 200],
      ],
      { tty: false },
    ),
  ).toBe('drawing digits: 25 %\ndrawing digits: 50 %\n');
});

test('work that is done at once leaves no line', () => {
  expect(
    shown(
      [
        [10, 100],
        [20, 200],
      ],
      { tty: false },
    ),
  ).toBe('');
});

test('a terminal has one line that moves and is wiped at the end', () => {
  expect(
    shown(
      [
        [50, 10],
        [120, 50],
        [130, 200],
      ],
      { tty: true },
    ),
  ).toBe('\r\x1b[Kdrawing digits: 25 %\r\x1b[K');
});

test('a terminal where nothing may move gets plain lines', () => {
  expect(shown([[6000, 100]], { tty: true, bar: false })).toBe('drawing digits: 50 %\n');
});
