// What a remedy of the doctor makes of a run's settings, and advice that is given before there is a run; on either side of a port.
import type { TrainingRequest } from './settings.ts';

/** Settings that say where and how long to compute, not what: they outlive a change of preset. */
const ofTheMachine = ['seconds', 'device', 'threads', 'seed', 'checkpointSeconds'] as const;

/**
 * The settings with the remedy on top. Another preset comes with its own choices: overrides and a spec that were made for the
 * old model would bring the trouble along.
 */
export function withRemedy(settings: TrainingRequest, remedy: TrainingRequest): TrainingRequest {
  if (remedy.preset === undefined) return { ...settings, ...remedy };
  const codeSize = settings.codeSize ?? settings.spec?.codeSize;
  const kept = ofTheMachine.filter((name) => settings[name] !== undefined).map((name) => [name, settings[name]]);
  return { ...Object.fromEntries(kept), ...(codeSize !== undefined && { codeSize }), ...remedy };
}

/** Images for each number of a code below which there are too few of them, and what there should be. */
export const imagesPerNumber = { few: 2, enough: 4 } as const;

/** The code size that so many images can carry, where the one that was chosen is too large for them; else null. */
export function fewImages(images: number, codeSize: number): number | null {
  if (images >= imagesPerNumber.few * codeSize) return null;
  return Math.max(1, Math.floor(images / imagesPerNumber.enough));
}
