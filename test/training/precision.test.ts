import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linear } from '../../src/nn/linear';
import type { Module } from '../../src/nn/module';
import {
  choosePrecision,
  describePrecision,
  type PrecisionQuestion,
  type PrecisionTimes,
} from '../../src/training/precision';
import { testDevice } from '../support/fixtures';
import { temporaryFolder } from '../support/training';

const folder = temporaryFolder();
let networks: { generator: Module };
let file: string;
let measured: number;

beforeAll(() => {
  networks = { generator: linear(3, 2) };
});
afterAll(() => networks.generator.dispose());
beforeEach(() => {
  file = join(folder.path, 'cache', 'precision.json');
  measured = 0;
});

function choose(times: PrecisionTimes, question: Partial<PrecisionQuestion> = {}) {
  const measure = () => {
    measured++;
    return times;
  };
  return choosePrecision(
    { networks, device: testDevice, batch: 8, deterministic: false, ...question },
    // As on a device whose kind does not tell.
    { measure, file, known: () => null },
  );
}

describe('auto', () => {
  test.each<[PrecisionTimes, string]>([
    [{ fp32: 20, bf16: 10 }, 'bf16'],
    [{ fp32: 10.6, bf16: 10 }, 'bf16'],
    [{ fp32: 10.4, bf16: 10 }, 'fp32'],
    [{ fp32: 10, bf16: 10 }, 'fp32'],
    [{ fp32: 10, bf16: 90 }, 'fp32'],
  ])('is bf16 only where that is clearly faster: %j', (times, precision) => {
    expect(choose(times)).toEqual({ precision, source: 'measured', times });
  });

  test('is remembered: what was measured once decides again, whatever would be measured now', () => {
    choose({ fp32: 20, bf16: 10 });
    expect(choose({ fp32: 10, bf16: 20 })).toEqual({
      precision: 'bf16',
      source: 'remembered',
      times: { fp32: 20, bf16: 10 },
    });
    expect(measured).toBe(1);
  });

  test('is measured anew for another batch and for other networks', () => {
    choose({ fp32: 20, bf16: 10 });
    expect(choose({ fp32: 10, bf16: 20 }, { batch: 16 }).precision).toBe('fp32');
    const wider = { generator: linear(3, 4) };
    expect(choose({ fp32: 10, bf16: 20 }, { networks: wider }).precision).toBe('fp32');
    wider.generator.dispose();
    expect(measured).toBe(3);
    expect(choose({ fp32: 1, bf16: 1 }).precision).toBe('bf16');
    expect(measured).toBe(3);
  });

  test('is fp32 without a measurement in a deterministic run', () => {
    expect(choose({ fp32: 20, bf16: 10 }, { deterministic: true })).toEqual({
      precision: 'fp32',
      source: 'deterministic',
    });
    expect(measured).toBe(0);
    expect(existsSync(file)).toBe(false);
  });
});

describe('the cache', () => {
  test.each([['{'], ['[]'], ['null'], ['']])('is passed over where it is damaged: %j', (text) => {
    mkdirSync(join(folder.path, 'cache'));
    writeFileSync(file, text);
    expect(choose({ fp32: 20, bf16: 10 }).source).toBe('measured');
    expect(choose({ fp32: 20, bf16: 10 }).source).toBe('remembered');
  });

  test.each([[{ fp32: 'x', bf16: 1 }], [{ fp32: 1, bf16: 0 }], [{ fp32: 1 }], [7]])(
    'an entry that is none is measured again: %j',
    (entry) => {
      choose({ fp32: 20, bf16: 10 });
      const [key] = Object.keys(JSON.parse(readFileSync(file, 'utf8')));
      writeFileSync(file, JSON.stringify({ [key]: entry }));
      expect(choose({ fp32: 20, bf16: 10 }).source).toBe('measured');
    },
  );

  test('with a flipped bit in it is measured again, with a note', () => {
    choose({ fp32: 20, bf16: 10 });
    const whole = readFileSync(file);
    const places = Array.from({ length: 60 }, (_, i) => Math.floor(((i + 0.5) * (whole.length - 1)) / 60));
    for (const [i, place] of places.entries()) {
      const bytes = Buffer.from(whole);
      bytes[place] ^= 1 << (i % 8);
      writeFileSync(file, bytes);
      const choice = choose({ fp32: 10, bf16: 20 });
      expect([place, choice]).toEqual([
        place,
        { precision: 'fp32', source: 'measured', times: { fp32: 10, bf16: 20 }, note: `${file} was damaged` },
      ]);
      expect(describePrecision(choice)).toContain(`(measured again: ${file} was damaged)`);
    }
  });

  test('that cannot be written stops nobody', () => {
    writeFileSync(join(folder.path, 'cache'), 'a file where the folder should be');
    expect(choose({ fp32: 20, bf16: 10 }).precision).toBe('bf16');
    expect(choose({ fp32: 20, bf16: 10 }).source).toBe('measured');
  });

  test('keeps the newest measurements only', () => {
    for (let batch = 1; batch <= 70; batch++) choose({ fp32: batch, bf16: 1 }, { batch });
    const entries: PrecisionTimes[] = Object.values(JSON.parse(readFileSync(file, 'utf8')));
    expect(entries).toHaveLength(64);
    expect(entries.at(-1)).toMatchObject({ fp32: 70, bf16: 1 });
    expect(entries[0]).toMatchObject({ fp32: 7, bf16: 1 });
  });
});

test('a choice says in words what it was and why', () => {
  const times = { fp32: 19, bf16: 10 };
  const words = [
    describePrecision({ precision: 'bf16', source: 'measured', times }),
    describePrecision({ precision: 'bf16', source: 'remembered', times }),
    describePrecision({ precision: 'fp32', source: 'measured', times: { fp32: 10, bf16: 25 } }),
    describePrecision({ precision: 'fp32', source: 'given' }),
    describePrecision({ precision: 'bf16', source: 'restored' }),
    describePrecision({ precision: 'fp32', source: 'deterministic' }),
  ];
  expect(words).toEqual([
    'bf16: 1.9 × as fast as fp32 here',
    'bf16: 1.9 × as fast as fp32 here (measured earlier)',
    'fp32: bf16 is 0.40 × as fast here, which is not worth it',
    'fp32',
    'bf16, as before',
    'fp32: a deterministic run measures nothing; --precision bf16 is deterministic too',
  ]);
});
