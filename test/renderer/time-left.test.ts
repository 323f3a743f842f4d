// The time left follows the speed without jumping with it.
import { expect, test } from 'vitest';
import { TimeLeft } from '../../src-renderer/components/time-left.ts';

/** Every half second: 1,000 steps, with a rate that swings between a half and twice of what it is. */
function run(seconds: number): (number | null)[] {
  const time = new TimeLeft();
  return Array.from({ length: 2 * seconds }, (_, index) => {
    const rate = 10 * (index % 2 === 0 ? 0.5 : 2);
    return time.update({ stage: 'train', done: 5 * index, total: 1000, rate }, index / 2);
  });
}

test('it is not told in the first moments', () => {
  expect(run(3)).toEqual(Array(6).fill(null));
});

test('rates that swing by a factor of four move it by a few seconds', () => {
  const told = run(60).slice(20) as number[];
  const jumps = told.slice(1).map((left, index) => Math.abs(left - told[index]!));
  expect(Math.max(...jumps)).toBeLessThanOrEqual(10);
});

test('a lasting change of speed is taken over', () => {
  const time = new TimeLeft();
  let [left, done]: [number | null, number] = [null, 0];
  for (let now = 0; now <= 120; now += 1) {
    const rate = now < 20 ? 100 : 10;
    left = time.update({ stage: 'train', done, total: 4000, rate }, now);
    done += rate;
  }
  expect(left).toBeGreaterThanOrEqual(90);
  expect(left).toBeLessThanOrEqual(110);
});

test('another stage, and a pause, begin anew', () => {
  const time = new TimeLeft();
  const at = (stage: string, now: number) => time.update({ stage, done: 0, total: 100, rate: 10 }, now);
  at('scan', 0);
  expect(at('scan', 5)).toBe(10);
  expect(at('train', 6)).toBeNull();
  expect(at('train', 10)).toBe(10);
  expect(time.update(null, 11)).toBeNull();
  expect(at('train', 12)).toBeNull();
});
