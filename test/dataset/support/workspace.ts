// A workspace for import tests: settings with their defaults, one call to import, and rows to compare.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ImportResult } from '../../../src-main/contract/api.ts';
import type { Context, Item } from '../../../src-main/contract/records.ts';
import type { ImportRequest } from '../../../src-main/contract/settings.ts';
import { type Catalogue, importDataset, openCatalogue, openDataset } from '../../../src-main/dataset/index.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { withDefaults } from './settings.ts';

export interface Workspace {
  folder: string;
  catalogue: Catalogue;
  import(request: ImportRequest, context?: Context): Promise<ImportResult>;
  /** Items by path, with their pixels. */
  images(result: ImportResult): Map<string, Item & { pixels: Uint8Array }>;
}

/** Closed when the running test ends. */
export function openWorkspace(folder = temporaryFolder()): Workspace {
  const catalogue = openCatalogue(folder);
  onTestFinished(() => catalogue.close());
  return {
    folder,
    catalogue,
    import: (request, context) => importDataset(catalogue, folder, withDefaults(request), context),
    images({ dataset }) {
      const opened = openDataset(catalogue, folder, dataset.id);
      const [, height, width, channels] = opened.pixels.shape;
      const images = opened.items().map((item) => {
        const pixels = new Uint8Array(height * width * channels);
        opened.pixels.read([item.id], pixels);
        return [item.path, { ...item, pixels }] as const;
      });
      opened.close();
      return new Map(images);
    },
  };
}

/** A folder with the files named, sub-folders included. */
export function folderWith(files: Record<string, Uint8Array | string>, folder = temporaryFolder()): string {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return folder;
}
