// Files that are sent together: a message for each of thousands of small ones would take longer than what is in them.
import type { GivenFile } from './drops.ts';

const most = { files: 256, bytes: 2 ** 20 };

/** Parcels in the order of the files; one that is too large to go with others is alone. */
export function* parcels(files: readonly GivenFile[]): Generator<GivenFile[]> {
  let parcel: GivenFile[] = [];
  let bytes = 0;
  for (const given of files) {
    if (parcel.length > 0 && (parcel.length === most.files || bytes + given.file.size > most.bytes)) {
      yield parcel;
      parcel = [];
      bytes = 0;
    }
    parcel.push(given);
    bytes += given.file.size;
  }
  if (parcel.length > 0) yield parcel;
}
