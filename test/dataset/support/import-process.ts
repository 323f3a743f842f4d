// A process that imports a source into a workspace and prints how far it has come, for tests that kill it.
import { importDataset, openCatalogue } from '../../../src-main/dataset/index.ts';
import { withDefaults } from './settings.ts';

const [workspace, source] = process.argv.slice(2);
const catalogue = openCatalogue(workspace!);
const onProgress = ({ stage, done }: { stage: string; done: number }) => console.log(stage, done);
await importDataset(catalogue, workspace!, withDefaults({ sources: [source!] }), { onProgress });
console.log('complete');
