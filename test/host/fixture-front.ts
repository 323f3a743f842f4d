// A front for the test that kills it: starts a worker in the workspace of its argument and prints the worker's process id.
import { WorkerProcess } from '../../src-main/host/worker-process.ts';

const worker = new WorkerProcess({ workspace: process.argv[2]!, command: 'killed front', roots: [] });
await worker.ready();
console.log(worker.pid);
