// Labels for the selected images, as buttons give them; each can be undone.
import { t } from '../../language/index.svelte.ts';
import { attempt, notify } from '../../notices.svelte.ts';
import { service } from '../../service/connection.svelte.ts';
import { idsOf } from './choose.ts';
import { explore } from './explore.svelte.ts';

/** Null takes the label away. */
export async function labelSelection(label: string | null): Promise<void> {
  const { images, chosen } = explore;
  const ids = images && idsOf(images, chosen);
  if (!ids) return;
  const { datasetId } = images;
  await attempt(async () => {
    const before = await service.labelImages(datasetId, [{ label, ids }]);
    const count = before.reduce((sum, group) => sum + group.ids.length, 0);
    if (count === 0) return notify('info', t('explore.label.same'));
    const text = label === null ? t('explore.label.taken', { count }) : t('explore.label.given', { count, label });
    const undo = () => void attempt(() => service.labelImages(datasetId, before));
    notify('good', text, { action: { label: t('word.undo'), run: undo } });
  });
}
