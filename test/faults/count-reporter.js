const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

/** Says at the end how many faults of each kind the suite made: the lines that `countFaults` of `count.ts` wrote, added up. */
module.exports = class CountReporter {
  onRunComplete() {
    const file = join(process.env.LIBTORCH_GAN_FAULTS, 'counts.jsonl');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
    const totals = new Map();
    for (const { kind, count } of lines.map((line) => JSON.parse(line)))
      totals.set(kind, (totals.get(kind) ?? 0) + count);
    const parts = [...totals].sort().map(([kind, count]) => `${count} ${kind}`);
    process.stderr.write(`\nFaults: ${parts.join(', ') || 'none'}\n`);
  }
};
