// Files on their way from this browser to Pinhole: small ones together, large ones in pieces, again where the connection drops.
import { PinholeError } from '../../../src-main/contract/errors.ts';
import { notifyError } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { openIfArchive } from '../archive/open-archive.ts';
import { commonFolder, type GivenFile, nameOfGiven } from './drops.ts';
import { parcels } from './parcels.ts';
import { staging } from './staging.svelte.ts';

/** What the service takes at most. */
const pieceBytes = 4 * 2 ** 20;
/** One is read while others are on their way; more at once than this gain nothing. */
const atOnce = 4;
/** Counts are shown this often: to paint each of 70,000 files takes longer than to read it. */
const sayEveryMs = 100;

class Upload {
  state = $state<'idle' | 'reading' | 'sending'>('idle');
  files = $state(0);
  sent = $state(0);
  bytes = $state(0);
  sentBytes = $state(0);
  startedAt = 0;
  #run = 0;

  /** Reads what was given, sends it, and stages it for the import. */
  async start(read: (onFound: (count: number) => void) => Promise<GivenFile[]>): Promise<void> {
    const run = ++this.#run;
    Object.assign(this, { state: 'reading', files: 0, sent: 0, bytes: 0, sentBytes: 0 });
    let id: string | null = null;
    try {
      let said = 0;
      const files = await read((count) => {
        if (run !== this.#run || performance.now() - said < sayEveryMs) return;
        said = performance.now();
        this.files = count;
      });
      if (run !== this.#run) return;
      if (files.length === 0) {
        this.state = 'idle';
        return;
      }
      id = await service.beginUpload();
      await this.#sendAll(run, id, files);
      if (run !== this.#run) return void (await service.dropUpload(id));
      const folder = await service.endUpload(id);
      if (openIfArchive(files.map(({ path }) => `${folder}/${path}`))) {
        this.state = 'idle';
        return;
      }
      const common = commonFolder(files);
      staging.stage([common === null ? folder : `${folder}/${common}`], { id, name: nameOfGiven(files) });
    } catch (thrown) {
      if (run === this.#run) notifyError(thrown);
      if (id !== null) await service.dropUpload(id).catch(notifyError);
    }
    if (run === this.#run) this.state = 'idle';
  }

  /** What has arrived is removed as soon as the pieces under way are there. */
  cancel(): void {
    this.#run++;
    this.state = 'idle';
  }

  async #sendAll(run: number, id: string, files: readonly GivenFile[]): Promise<void> {
    Object.assign(this, {
      state: 'sending',
      files: files.length,
      bytes: files.reduce((sum, { file }) => sum + file.size, 0),
      startedAt: performance.now(),
    });
    const queue = parcels(files);
    const sendNext = async () => {
      for (const parcel of queue) {
        if (run !== this.#run) return;
        const [first] = parcel;
        if (parcel.length === 1) await this.#send(run, id, first!);
        else await this.#sendTogether(run, id, parcel);
        this.sent += parcel.length;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, sendNext));
  }

  async #sendTogether(run: number, id: string, parcel: readonly GivenFile[]): Promise<void> {
    const files = await Promise.all(
      parcel.map(async ({ path, file }) => ({ path, data: new Uint8Array(await file.arrayBuffer()) })),
    );
    while (run === this.#run) {
      try {
        await service.uploadFiles(id, files);
        this.sentBytes += files.reduce((sum, { data }) => sum + data.length, 0);
        return;
      } catch (thrown) {
        // Whether they arrived is not known; sent again, they are as they were.
        if (PinholeError.from(thrown).code !== 'disconnected') throw thrown;
      }
    }
  }

  async #send(run: number, id: string, { path, file }: GivenFile): Promise<void> {
    let offset = 0;
    while (run === this.#run) {
      const data = new Uint8Array(await file.slice(offset, offset + pieceBytes).arrayBuffer());
      try {
        await service.upload(id, path, offset, data);
      } catch (thrown) {
        if (PinholeError.from(thrown).code !== 'disconnected') throw thrown;
        // Whether the piece arrived is not known.
        this.sentBytes -= offset;
        offset = 0;
        continue;
      }
      this.sentBytes += data.length;
      offset += data.length;
      if (offset >= file.size) return;
    }
  }
}

export const upload = new Upload();
