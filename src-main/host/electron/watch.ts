// What the desktop door itself watches of the service: tasks, for sleep, quitting and the end of work; preferences, for the menu.
import { type Connection, connectService } from '../../contract/rpc.ts';
import type { Task } from '../../contract/tasks.ts';
import type { Preferences } from '../../contract/views.ts';
import type { Channel } from '../worker-process.ts';

export interface WatchListeners {
  onTasks(tasks: readonly Task[]): void;
  onPreferences(preferences: Preferences): void;
  /** The worker cannot be asked any more. */
  onFault(error: unknown): void;
}

export const isActive = ({ ended }: Pick<Task, 'ended'>): boolean => ended === null;

/** Watches until it is told to stop; a worker that died is watched again when it is back. */
export function watchService(connect: () => Promise<Channel>, listeners: WatchListeners): () => void {
  let stopped = false;
  let connection: Connection | undefined;

  async function watch(): Promise<void> {
    while (!stopped) {
      const channel = await connect();
      connection = connectService(channel);
      const { service, closed } = connection;
      service.subscribe('tasks', (tasks) => listeners.onTasks(tasks));
      const fetchPreferences = () =>
        service.preferences().then((preferences) => listeners.onPreferences(preferences), listeners.onFault);
      service.subscribe('workspace', ({ what }) => {
        if (what.includes('preferences')) void fetchPreferences();
      });
      await fetchPreferences();
      await closed;
    }
  }
  // Without a worker there is nothing to watch: who started it hears why.
  watch().catch((error) => {
    if (!stopped) listeners.onFault(error);
  });
  return () => {
    stopped = true;
    connection?.close();
  };
}
