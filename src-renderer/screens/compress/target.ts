// What is known of a place before anything is written to it, asked for while a person types.
import { PinholeError } from '../../../src-main/contract/errors.ts';
import type { TargetView } from '../../../src-main/contract/views.ts';
import { service } from '../../service/connection.svelte.ts';

// Long enough for a person who types a path, short enough that a click seems to answer at once.
const restMilliseconds = 120;

/** A moment from now; `onSeen` hears the answer unless the returned function was called before it came. */
export function lookLater(path: string, kind: 'archive' | 'folder', onSeen: (target: TargetView) => void): () => void {
  let isOver = false;
  const timer = setTimeout(async () => {
    try {
      const target = await service.lookAtTarget(path, kind);
      if (!isOver) onSeen(target);
    } catch (thrown) {
      const error = PinholeError.from(thrown);
      // Asked again when the connection is back.
      if (isOver || error.code === 'disconnected') return;
      onSeen({ problem: error.toJSON(), exists: false, freeBytes: 0 });
    }
  }, restMilliseconds);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
