// Data sets as screens show and change them: preview, details, tables, pictures, rename, delete, relocate.
import type { Service } from '../../contract/api.ts';
import { notYet, type Surroundings } from './parts.ts';

export type DatasetPart = Pick<
  Service,
  | 'previewImport'
  | 'datasetDetails'
  | 'renameDataset'
  | 'deleteDataset'
  | 'restoreDataset'
  | 'relocateDataset'
  | 'itemTable'
  | 'images'
  | 'original'
>;

export function datasetPart(_surroundings: Surroundings): DatasetPart {
  return {
    previewImport: () => notYet('previewImport'),
    datasetDetails: () => notYet('datasetDetails'),
    renameDataset: () => notYet('renameDataset'),
    deleteDataset: () => notYet('deleteDataset'),
    restoreDataset: () => notYet('restoreDataset'),
    relocateDataset: () => notYet('relocateDataset'),
    itemTable: () => notYet('itemTable'),
    images: () => notYet('images'),
    original: () => notYet('original'),
  };
}
