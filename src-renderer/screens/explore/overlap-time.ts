// How long measuring the neighbour overlap takes, roughly.
import { overlapSample } from '../../../src-main/contract/explore.ts';

/** Distances a second with the choice of the nearest, on two busy threads; codes of 16 or of 64 numbers make little difference. */
const speed = 3e7;
/** Until the process has begun and read the codes. */
const beginning = 2;

export function overlapSeconds(images: number): number {
  const points = images < overlapSample.from ? images : overlapSample.points;
  return beginning + (2 * points * images) / speed;
}
