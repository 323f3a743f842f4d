// What the desktop door itself watches of the service: tasks, for sleep, quitting and the end of work; preferences, for the menu.
import { PinholeError } from '../../contract/errors.ts';
import { type Connection, connectService } from '../../contract/rpc.ts';
import type { Task } from '../../contract/tasks.ts';
import type { Preferences } from '../../contract/views.ts';
import type { Channel } from '../worker-process.ts';

export interface WatchListeners {
  onTasks(tasks: readonly Task[]): void;
  onPreferences(preferences: Preferences): void;
  /** The worker has answered with an error. */
  onFault(error: unknown): void;
}

export const isActive = ({ ended }: Pick<Task, 'ended'>): boolean => ended === null;

/** Watches until it is told to stop; a worker that died is watched again when it is back. */
export function watchService(connect: () => Promise<Channel>, listeners: WatchListeners): () => void {
  let stopped = false;
  let connection: Connection | undefined;

  async function watch(): Promise<void> {
    while (!stopped) {
      connection = connectService(await connect());
      const { service, closed } = connection;
      const fetchPreferences = () =>
        service.preferences().then(listeners.onPreferences, unlessCutOff(listeners.onFault));
      service.subscribe('tasks', (tasks) => listeners.onTasks(tasks));
      service.subscribe('workspace', ({ what }) => {
        if (what.includes('preferences')) void fetchPreferences();
      });
      await fetchPreferences();
      await closed;
    }
  }
  // Without a worker there is nothing to watch: who started it hears why.
  watch().catch(() => {});
  return () => {
    stopped = true;
    connection?.close();
  };
}

/** A connection that ends is seen as such, and made again. */
function unlessCutOff(onFault: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    if (PinholeError.from(error).code !== 'disconnected') onFault(error);
  };
}
