// Folders that may be chosen from, uploads from a browser, downloads of what was exported.
import type { Service } from '../../contract/api.ts';
import { notYet, type Surroundings } from './parts.ts';

export type FilePart = Pick<Service, 'listFolder' | 'beginUpload' | 'upload' | 'endUpload' | 'download'>;

export function filePart(_surroundings: Surroundings): FilePart {
  return {
    listFolder: () => notYet('listFolder'),
    beginUpload: () => notYet('beginUpload'),
    upload: () => notYet('upload'),
    endUpload: () => notYet('endUpload'),
    download: () => notYet('download'),
  };
}
