// Saves decoded images as one PNG: in a folder that the person picks, or, in a browser, as a download.
import type { ImageBlock } from '../../../src-main/contract/views.ts';
import { t } from '../../language/index.svelte.ts';
import { attempt } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { workspace } from '../../service/workspace.svelte.ts';
import type { Images } from './images.ts';
import { handOver, outFolder } from './save.svelte.ts';
import { plain } from './selection-name.ts';

export const saving = $state({ active: false });

/** `what` is a part of the file's name; `columns` images stand in a row. */
export async function saveSheet(
  { datasetId }: Pick<Images, 'datasetId'>,
  what: string,
  columns: number,
  make: () => Promise<ImageBlock>,
): Promise<void> {
  if (saving.active) return;
  saving.active = true;
  await attempt(async () => {
    const out = await outFolder(what);
    if (out === null) return;
    const { height, width, channels, data } = await make();
    const name = `${plain(workspace.dataset(datasetId)?.name ?? datasetId)}-${what}`;
    const file = await service.saveSheet({ out, name, images: { height, width, channels, data }, columns });
    await handOver(file, `${name}.png`, (where) => t('explore.decode.saved', { file: where }));
  });
  saving.active = false;
}
