// The dataset stage: images in, pixels and catalogue out. What other stages may use of it.
export { Catalogue, type NewDataset, openCatalogue, type RunRecord } from './catalogue.ts';
export { importDataset } from './import.ts';
export { datasetFolder, type OpenDataset, openDataset } from './open.ts';
export { openPixels, type PixelOptions, type Pixels } from './pixels.ts';
