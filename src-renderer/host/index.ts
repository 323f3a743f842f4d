// The door that this window came through.
import { browserHost } from './browser.ts';
import { electronHost } from './electron.ts';
import type { Host } from './host.ts';

export const host: Host = electronHost() ?? browserHost;
