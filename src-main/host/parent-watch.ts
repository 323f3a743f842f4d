// Ends this process when the one that started it is gone, and passes on interrupts that only the parent received.

/**
 * Listens on the IPC channel to the parent, where there is one, without keeping the process alive.
 * A parent that is gone, killed or not, closes the channel: nobody waits for this process any more, so it ends,
 * and what it was working on is resumed from disk the next time.
 */
export function watchParent(): void {
  if (!process.channel) return;
  process.once('disconnect', () => process.exit(orphaned));
  process.on('message', (message) => {
    if (message === 'interrupt' && !process.emit('SIGINT', 'SIGINT')) process.exit(interrupted);
  });
  process.channel.unref();
}

/** Exit codes as a shell gives them after SIGHUP (the terminal is gone) and SIGINT. */
const orphaned = 129;
const interrupted = 130;
