// Maps in the words of the window's language: what they are made by, with which settings, how true they are.
import type { Run } from '../../../src-main/contract/api.ts';
import { type MapMethod, mapMethods } from '../../../src-main/contract/tasks.ts';
import type { MapView } from '../../../src-main/contract/views.ts';
import { formatNumber, formatPercent, t } from '../../language/index.svelte.ts';

const names = { pca: 'PCA', umap: 'UMAP', tsne: 't-SNE' } as const;

export function methodWords(method: MapMethod): string {
  return method === 'codes' ? t('explore.method.codes') : names[method];
}

/** Codes of two numbers are a map by themselves. */
export function methodsOf({ codeSize }: Pick<Run, 'codeSize'>): readonly MapMethod[] {
  return codeSize === 2 ? mapMethods : mapMethods.filter((method) => method !== 'codes');
}

/** `15 neighbours, distance 0.1, seed 1`, and how far neighbours are kept. */
export function mapFacts({ settings, explained, quality }: MapView): string[] {
  const two = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return [
    settingWords(settings),
    explained === null ? '' : t('explore.explained', { share: formatPercent(explained, 0) }),
    quality === null ? '' : t('explore.trustworthiness', { value: formatNumber(quality.trustworthiness, two) }),
  ].filter(Boolean);
}

function settingWords(settings: MapView['settings']): string {
  if (settings.method === 'umap') {
    const { neighbours = 15, minDistance = 0.1, seed = 1 } = settings;
    return t('explore.umap.facts', { neighbours, distance: formatNumber(minDistance), seed });
  }
  return settings.method === 'tsne' ? t('explore.tsne.facts', { perplexity: settings.perplexity ?? 30 }) : '';
}
