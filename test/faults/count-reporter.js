const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/** Says at the end how many faults of each kind the suite made: the lines that `countFaults` of `count.ts` wrote, added up. */
module.exports = class CountReporter {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'fault-counts-'));
    this.file = join(this.folder, 'counts.jsonl');
    writeFileSync(this.file, '');
    // The workers that run the tests inherit it.
    process.env.LIBTORCH_GAN_FAULT_COUNTS = this.file;
  }

  onRunComplete() {
    const totals = new Map();
    for (const line of readFileSync(this.file, 'utf8').split('\n').filter(Boolean)) {
      const { kind, count } = JSON.parse(line);
      totals.set(kind, (totals.get(kind) ?? 0) + count);
    }
    rmSync(this.folder, { recursive: true });
    const parts = [...totals].sort().map(([kind, count]) => `${count} ${kind}`);
    process.stderr.write(`\nFaults: ${parts.join(', ') || 'none'}\n`);
  }
};
