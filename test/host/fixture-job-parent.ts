// Starts a job that never ends and prints the job's process id: the parent in the test that kills the parent.
import { startJob } from '../../src-main/host/job.ts';

const module = new URL('./fixture-job.ts', import.meta.url);
await startJob<never, { pid: number }>(module, { deed: 'never-end' }, { onEvent: ({ pid }) => console.log(pid) });
