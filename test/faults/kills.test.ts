// A training is killed at every call that changes something on the disk: what must be left then, and what the next start makes of it.
import { changesDisk, type FaultPlace, testWithFaults } from './faulty-process';
import { type PlannedCall, SCENARIOS, ScenarioHome } from './scenario';

/** Before each call that changes the disk, and in the middle of each last write to a file. */
function killsIn(calls: readonly PlannedCall[]): FaultPlace[] {
  return calls.flatMap((call): FaultPlace[] => {
    const { at, own } = call;
    if (!own) return [];
    const isLastWrite = call.call === 'write' && calls[at]?.call !== 'write';
    return [
      ...(changesDisk(call) ? [{ how: 'kill', at } as const] : []),
      ...(isLastWrite ? [{ how: 'torn', at } as const] : []),
    ];
  });
}

testWithFaults.each(Object.entries(SCENARIOS))(
  '%s killed at any call goes on from a checkpoint that was whole, to the bytes of one that was not killed',
  async (_, scenario) => {
    const home = await ScenarioHome.begin(scenario);
    const kills = killsIn(home.calls());
    expect(kills.length).toBeGreaterThan(10);
    await home.expectAllWhole(kills, 'kills', ({ signal, calls }, { at }) => {
      expect(signal).toBe('SIGKILL');
      expect(calls).toHaveLength(at);
    });
    home.end();
  },
);
