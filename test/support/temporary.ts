// Folders and small disks for tests, removed when the test file is done.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEndOfFile } from './lifetime.ts';

/** A new, empty folder. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pinhole-test-'));
  atEndOfFile(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** A new, empty file system of its own that is soon full. Needs the resource `tmpfs`. */
export function smallDisk(megabytes: number): string {
  const folder = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'pinhole', folder]);
  // Lazily, because a process that the test killed may not have let go of its files yet.
  atEndOfFile(() => execFileSync('umount', ['--lazy', folder]));
  return folder;
}
