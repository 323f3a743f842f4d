// The sections of the window's benchmark, in the order in which they are measured.
import { resource } from '../../support/resources.ts';
import { bundleSection } from './bundle.ts';
import { chooseSection, dropSection } from './choose.ts';
import type { WindowSection } from './figures.ts';
import { framesSection } from './frames.ts';
import { millionSection } from './million.ts';
import { startSection } from './start.ts';
import { trainingSection } from './training.ts';
import { umapSection } from './umap.ts';
import { workSection } from './work.ts';

export function windowSections(rounds: number): WindowSection[] {
  return [
    bundleSection(),
    needs(startSection(rounds), 'chromium'),
    needs(chooseSection(rounds), 'chromium', 'mnist-png'),
    needs(dropSection(1), 'chromium', 'mnist-png'),
    needs(trainingSection(), 'chromium', 'mnist-png'),
    needs(framesSection(), 'chromium', 'mnist-png'),
    needs(workSection(rounds), 'chromium', 'mnist-png'),
    needs(umapSection(), 'mnist-png'),
    needs(millionSection(), 'chromium'),
  ];
}

function needs(section: WindowSection, ...names: Parameters<typeof resource>[0][]): WindowSection {
  const missing = names.map((name) => resource(name)).find(({ available }) => !available);
  return missing === undefined ? section : { ...section, skipped: missing.reason };
}
