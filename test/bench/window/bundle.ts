// How large the built window and Electron's entries are, as they lie and as gzip makes them.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ensureRenderer } from '../../../src-main/host/build-renderer.ts';
import { repository } from '../../support/resources.ts';
import type { WindowSection } from './figures.ts';

export function bundleSection(): WindowSection {
  return {
    id: 'window-bundle',
    title: 'Size of what is built, in kB',
    async measure(say) {
      await ensureRenderer(say);
      const parts = [
        ['window, all files', 'renderer/**/*'],
        ['window, read at the start', ...eagerFiles()],
        ['entry of Electron', 'main/**/*'],
        ['preload', 'preload/**/*'],
      ] as const;
      return {
        rows: [['', 'raw', 'gzip'], ...parts.map(([name, ...patterns]) => [name, ...sizes(patterns)])],
        remarks: [],
      };
    },
  };
}

/** The page and what it names: the rest comes when it is asked for. */
function eagerFiles(): string[] {
  const page = readFileSync(join(repository, 'out/renderer/index.html'), 'utf8');
  const named = [...page.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, file]) => `renderer/${file}`);
  return ['renderer/index.html', ...named];
}

function sizes(patterns: readonly string[]): string[] {
  const out = join(repository, 'out');
  const files = globSync([...patterns], { cwd: out, withFileTypes: true }).filter((entry) => entry.isFile());
  const contents = files.map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  const kilobytes = (of: (bytes: Buffer) => number) =>
    (contents.reduce((sum, bytes) => sum + of(bytes), 0) / 1000).toFixed(1);
  return [kilobytes(({ length }) => length), kilobytes((bytes) => gzipSync(bytes, { level: 9 }).length)];
}
