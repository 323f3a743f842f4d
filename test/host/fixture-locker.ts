// Takes the writer lock of the workspace in the first argument, prints the outcome as JSON, and holds the lock until it is killed.
import { PinholeError } from '../../src-main/contract/errors.ts';
import { lockWorkspace } from '../../src-main/host/lock.ts';

const notices: string[] = [];
try {
  const lock = await lockWorkspace(process.argv[2]!, 'pinhole train', {
    onNotice: ({ message }) => notices.push(message),
  });
  console.log(JSON.stringify({ held: lock.holder.pid, notices }));
  if (process.argv[3] === 'leave') process.exit(0);
  setInterval(() => {}, 1000);
} catch (error) {
  console.log(JSON.stringify(PinholeError.from(error)));
}
