// Exports with chosen columns and images, and a look at them beforehand.
import type { Service } from '../../contract/api.ts';
import { notYet, type Surroundings } from './parts.ts';

export type ExportPart = Pick<Service, 'previewExport' | 'exportAs'>;

export function exportPart(_surroundings: Surroundings): ExportPart {
  return {
    previewExport: () => notYet('previewExport'),
    exportAs: () => notYet('exportAs'),
  };
}
