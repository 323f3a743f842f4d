// The workspace itself: where it is, how large, what a person prefers.
import type { Service } from '../../contract/api.ts';
import { notYet, type Surroundings } from './parts.ts';

export type WorkspacePart = Pick<Service, 'info' | 'preferences' | 'setPreferences'>;

export function workspacePart(_surroundings: Surroundings): WorkspacePart {
  return {
    info: () => notYet('info'),
    preferences: () => notYet('preferences'),
    setPreferences: () => notYet('setPreferences'),
  };
}
