// Sentences of the service in Simplified Chinese. A test compares the templates with the sources of the service.
import type { Sentences } from '../sentences.ts';

export const service: Sentences = {
  'Run the same again to go on from here.': '再次运行相同的操作即可从此处继续。',
};
