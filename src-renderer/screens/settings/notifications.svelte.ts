// Whether this window may show notifications of the system: the app always, a browser when the person has allowed it.
import { host } from '../../host/index.ts';

export const permission = $state<{ state: NotificationPermission | 'none' }>({ state: read() });

function read(): NotificationPermission | 'none' {
  if (host.kind === 'electron') return 'granted';
  return 'Notification' in globalThis ? Notification.permission : 'none';
}

export async function askPermission(): Promise<void> {
  await Notification.requestPermission();
  permission.state = read();
}

/** Follows what the person changes in the browser's own settings, until the returned function is called. */
export function followPermission(): () => void {
  const look = () => {
    permission.state = read();
  };
  look();
  addEventListener('focus', look);
  return () => removeEventListener('focus', look);
}
