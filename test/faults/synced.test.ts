// What a kill cannot show, because the system outlives the process: with the power goes what was not synced.
import { dirname } from 'node:path';
import { type FileCall, testWithFaults } from './faulty-process';
import { SCENARIOS, ScenarioHome } from './scenario';

/** Files that got a name though the disk may not have had all of them. */
function namedUnsynced(calls: readonly FileCall[]): string[] {
  const unsynced = new Set<string>();
  return calls.flatMap(({ call, path }) => {
    if (call === 'open' || call === 'write') unsynced.add(path);
    if (call === 'sync') unsynced.delete(path);
    if (call !== 'rename') return [];
    return [...unsynced].filter((file) => file === path || file.startsWith(`${path}/`));
  });
}

/** Folders that were put in place and whose place was not synced after it. */
function placedUnsynced(calls: readonly FileCall[]): string[] {
  return calls.flatMap(({ to }, i) => {
    if (to === undefined || !/^(best|checkpoints\/step-\d+)$/.test(to)) return [];
    const parent = dirname(to) === '.' ? '' : dirname(to);
    return calls.slice(i).some(({ call, path }) => call === 'sync' && path === parent) ? [] : [to];
  });
}

testWithFaults.each(Object.entries(SCENARIOS))(
  '%s renames nothing that is not synced',
  async (_, scenario) => {
    const home = await ScenarioHome.begin(scenario);
    const calls = home.calls();
    expect(calls.some(({ call }) => call === 'rename')).toBe(true);
    expect(namedUnsynced(calls)).toEqual([]);
    expect(placedUnsynced(calls)).toEqual([]);
    home.end();
  },
);
