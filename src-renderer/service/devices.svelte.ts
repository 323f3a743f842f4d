// What is known of the devices of this machine, shared by all screens: the last measurement, and a new one on request.
import type { KnownDevices } from '../../src-main/contract/api.ts';
import { t } from '../language/index.svelte.ts';
import { attempt } from '../notices.svelte.ts';
import { service } from './connection.svelte.ts';

class Devices {
  /** Null while nobody has measured them. */
  known = $state.raw<KnownDevices | null>(null);
  measuring = $state(false);

  /** Fetches now and whenever any window has measured, until the returned function is called. */
  follow(): () => void {
    void this.#fetch();
    return service.subscribe('workspace', ({ what }) => what.includes('devices') && void this.#fetch());
  }

  async measure(): Promise<void> {
    this.measuring = true;
    const devices = await attempt(() => service.devices());
    if (devices) this.known = { measured: new Date().toISOString(), devices };
    this.measuring = false;
  }

  async #fetch(): Promise<void> {
    const known = await attempt(() => service.knownDevices());
    if (known !== undefined) this.known = known;
  }
}

export const devices = new Devices();

/** `AMD EPYC, 2 threads` in the window's language. */
export function deviceWords(name: string): string {
  const [, cpu, threads] = /^(.*), (\d+) threads?$/.exec(name) ?? [];
  return cpu === undefined ? name : t('unit.threads', { cpu, count: Number(threads) });
}
