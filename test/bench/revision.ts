// Another revision of Pinhole beside this one, in a work tree of its own that shares this one's installed packages.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const repository = join(import.meta.dirname, '../..');

export interface Revision extends AsyncDisposable {
  name: string;
  folder: string;
}

/** Checks out `revision` (anything git can resolve); disposing of it removes the work tree again. */
export async function checkOut(revision: string): Promise<Revision> {
  const { stdout } = await run('git', ['rev-parse', '--short', `${revision}^{commit}`], { cwd: repository });
  const parent = await mkdtemp(join(tmpdir(), 'pinhole-revision-'));
  const folder = join(parent, 'pinhole');
  await run('git', ['worktree', 'add', '--detach', folder, stdout.trim()], { cwd: repository });
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return {
    name: stdout.trim(),
    folder,
    async [Symbol.asyncDispose]() {
      await run('git', ['worktree', 'remove', '--force', folder], { cwd: repository });
      await rm(parent, { recursive: true });
    },
  };
}
