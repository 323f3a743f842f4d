// Long work gives way to windows and to everything else that a person does on the machine.
import { constants, getPriority, setPriority } from 'node:os';

/**
 * Call it before native code starts its threads: on Linux, where a priority belongs to a thread, those take over that
 * of the thread that starts them.
 */
export function giveWay(): void {
  const { PRIORITY_BELOW_NORMAL: low } = constants.priority;
  // Somebody may have started Pinhole lower still, and nobody may raise themselves.
  if (getPriority() < low) setPriority(low);
}
