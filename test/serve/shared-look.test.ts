import { SharedLook } from '../../src/serve/shared-look';

describe('a look that is shared', () => {
  test('serves all who came before it began', async () => {
    let looks = 0;
    const look = new SharedLook(async () => {
      looks++;
    });
    const arrivals = [look.arrive(), look.arrive(), look.arrive()];
    for (const arrival of arrivals) await look.since(arrival);
    expect(looks).toBe(1);
  });

  test('is no answer to who came after it began, though it goes on', async () => {
    let looks = 0;
    const look = new SharedLook(async () => {
      looks++;
    });
    const first = look.since(look.arrive());
    const second = look.since(look.arrive());
    await Promise.all([first, second]);
    expect(looks).toBe(2);
  });

  test('throws at all whom it serves, and not at those after', async () => {
    let isThere = false;
    const look = new SharedLook(async () => {
      if (!isThere) throw new Error('gone');
    });
    const [one, two] = [look.arrive(), look.arrive()];
    await expect(look.since(one)).rejects.toThrow('gone');
    isThere = true;
    await expect(look.since(two)).rejects.toThrow('gone');
    await expect(look.since(look.arrive())).resolves.toBeUndefined();
  });
});
