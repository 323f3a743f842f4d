// Which images are shown where there is no room for all: the same ones of the same images, in the order of the table.
import type { Item } from '../contract/records.ts';
import { createRandom, permutation } from '../numerics/random.ts';

/** Images that the model has not learned from tell more. */
export function heldOutChoice(items: readonly Item[], capacity: number): Item[] {
  const held = items.filter((item) => item.split !== 'train');
  return seededChoice(held.length > 0 ? held : items, capacity);
}

export function seededChoice(items: readonly Item[], capacity: number): Item[] {
  const order = permutation(items.length, createRandom(items.length)).subarray(0, capacity);
  return Array.from(order.sort(), (index) => items[index]!);
}
