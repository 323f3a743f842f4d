// Loaded into job processes by the benchmark (`node --import`): writes down when the engine's loop says what. Changes nothing.
import { appendFileSync } from 'node:fs';

const file = process.env.PINHOLE_BENCH_STAMPS;
const send = process.send;

if (file !== undefined && send !== undefined) {
  process.send = (message, ...rest) => {
    const now = Date.now();
    const sent = send.call(process, message, ...rest);
    const event = message?.type === 'event' ? message.value : undefined;
    if (event?.type === 'steps') stamp('steps', event.steps.at(-1).step, now);
    else if (event?.type === 'probes') stamp('probes', event.step, now);
    else if (message?.type === 'progress' && message.value.stage === 'train')
      stamp('progress', message.value.done, now);
    return sent;
  };
}

function stamp(kind, step, time) {
  appendFileSync(file, `${kind} ${step} ${time}\n`);
}
