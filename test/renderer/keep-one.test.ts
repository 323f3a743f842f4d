// Deciding what to keep of groups of copies, step by step.
import { expect, test } from 'vitest';
import { decidedGroups, keep, notKept, step, suggested, toEnd } from '../../src-renderer/screens/explore/keep-one.ts';

const groups = [
  { keep: 7, others: [2, 9] },
  { keep: 4, others: [5] },
];
const begun = suggested(groups);

test('begins with what is suggested', () => {
  expect(begun).toEqual({
    groups: [
      [7, 2, 9],
      [4, 5],
    ],
    kept: [0, 0],
    at: 0,
  });
  expect(notKept(begun)).toEqual([2, 9, 5]);
});

test('another one, or all, of the group that is looked at; the others stay as they are', () => {
  const changed = keep(begun, 2);
  expect(notKept(changed)).toEqual([7, 2, 5]);
  const both = keep(step(changed, 1), null);
  expect(both.kept).toEqual([2, null]);
  expect(notKept(both)).toEqual([7, 2]);
  expect(keep(both, 1).kept).toEqual([2, 1]);
  expect(begun.kept).toEqual([0, 0]);
});

test('a place that the group does not have changes nothing, nor does any at the end', () => {
  expect(keep(begun, 3)).toBe(begun);
  expect(keep(begun, -1)).toBe(begun);
  const end = toEnd(begun);
  expect(keep(end, 0)).toBe(end);
  expect(keep(end, null)).toBe(end);
});

test('forward to the end and no farther, back to the first and no farther', () => {
  expect([step(begun, -1).at, step(begun, 1).at, step(begun, 2).at, step(begun, 5).at, toEnd(begun).at]).toEqual([
    0, 1, 2, 2, 2,
  ]);
  expect(step(toEnd(begun), -1).at).toBe(1);
});

test('as the service takes it: ids of each group, and of those that are kept', () => {
  expect(decidedGroups(keep(keep(begun, 1), null))).toEqual([
    { ids: Int32Array.of(7, 2, 9), kept: Int32Array.of(7, 2, 9) },
    { ids: Int32Array.of(4, 5), kept: Int32Array.of(4) },
  ]);
  expect(decidedGroups(keep(begun, 1))[0]).toEqual({ ids: Int32Array.of(7, 2, 9), kept: Int32Array.of(2) });
});
