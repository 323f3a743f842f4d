// Started through the launcher in its tests: prints its process id and does what its argument says.
import { watchParent } from '../../src-main/host/parent-watch.ts';

const [deed, value] = process.argv.slice(2);
watchParent();
if (deed === 'exit') process.exit(Number(value));
if (deed === 'version') console.log(process.version);
if (deed === 'say-and-end') console.log('said');
if (deed === 'end-by') process.kill(process.pid, value);
if (deed === 'wait') {
  process.on('SIGINT', () => setTimeout(() => process.exit(130), 200));
  console.log(process.pid);
  setInterval(() => {}, 1000);
}
if (deed === 'wait-without-listening') {
  console.log(process.pid);
  setInterval(() => {}, 1000);
}
