// What the parts of the window's service share.
import { expect, test } from 'vitest';
import { shareWhileRunning } from '../../src-main/host/window/parts.ts';

test('those who ask while the work runs are answered by it; the next one starts it anew', async () => {
  let started = 0;
  const share = shareWhileRunning(async () => {
    started++;
    await new Promise(setImmediate);
    if (started === 2) throw new Error('this time not');
    return started;
  });
  expect(await Promise.all([share(), share(), share()])).toEqual([1, 1, 1]);
  await expect(Promise.all([share(), share()])).rejects.toThrow('this time not');
  expect(await share()).toBe(3);
});
