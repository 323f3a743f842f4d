// Places on the map of another run, for images that both have and that only one has.
import { expect, test } from 'vitest';
import { lackingIn, placesOf } from '../../src-renderer/screens/explore/places.ts';

const map = { ids: Int32Array.of(2, 5, 9), xy: Float32Array.of(0.2, 0.3, 0.5, 0.6, 0.9, 1) };

test('the same images: the same places', () => {
  const places = placesOf(map.ids, map);
  expect([...places]).toEqual([...map.xy]);
  expect(lackingIn(places)).toBe(0);
});

test('by id, whatever its row; an image that the map lacks is nowhere, and its own others are left out', () => {
  const places = placesOf(Int32Array.of(1, 5, 7, 9), map);
  const nowhere = Number.NaN;
  expect([...places]).toEqual([nowhere, nowhere, ...map.xy.subarray(2, 4), nowhere, nowhere, ...map.xy.subarray(4)]);
  expect(lackingIn(places)).toBe(2);
});
