// Maps of the codes, and the codes beside them.
import type { Service } from '../../contract/api.ts';
import { notYet, type Surroundings } from './parts.ts';

export type MapPart = Pick<Service, 'map' | 'makeMap' | 'codeRows'>;

export function mapPart(_surroundings: Surroundings): MapPart {
  return {
    map: () => notYet('map'),
    makeMap: () => notYet('makeMap'),
    codeRows: () => notYet('codeRows'),
  };
}
