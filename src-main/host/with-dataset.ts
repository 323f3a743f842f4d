// A data set of a workspace for as long as a job works with it.
import { type Catalogue, openCatalogue } from '../dataset/catalogue.ts';
import { type OpenDataset, openDataset } from '../dataset/open.ts';

/** Opens catalogue and data set, and closes both whatever comes of the work. Errors: `not-found`, `file-damaged`. */
export async function withDataset<T>(
  input: { workspace: string; datasetId: string },
  work: (dataset: OpenDataset, catalogue: Catalogue) => Promise<T>,
): Promise<T> {
  const catalogue = openCatalogue(input.workspace);
  try {
    const dataset = openDataset(catalogue, input.workspace, input.datasetId);
    try {
      return await work(dataset, catalogue);
    } finally {
      dataset.close();
    }
  } finally {
    catalogue.close();
  }
}
