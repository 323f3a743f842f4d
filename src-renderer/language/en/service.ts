// Sentences of the service that name options of the command line, said for a window. All others pass as they are.
import type { Sentences } from '../sentences.ts';

export const service: Sentences = {
  'Wait until it is done, stop it, or use another workspace with --workspace.':
    'Wait until it is done, stop it, or choose another workspace.',
  'Use --device cpu.': 'Choose the processor (CPU) as device.',
  'Update its driver, or train with --device cpu.': 'Update its driver, or train on the processor (CPU).',
  'Use --device cpu or --device auto.': 'Choose the processor (CPU) or “automatic” as device.',
  'Add images, use a smaller code or narrower layers, noise on the input, or random crops and flips (--augment).':
    'Add images, use a smaller code or narrower layers, noise on the input, or random crops and flips.',
  'Import with a validation share above 0, or name a separate held-out source (--test).':
    'Import with a validation share above 0, or with a separate test source.',
};
