// A file that comes in parts, put together in order. Where it comes from and where it goes is elsewhere.

type Download = (file: string, offset: number) => Promise<{ size: number; data: Uint8Array }>;

/**
 * All parts of a file. One that is written anew meanwhile would come out mixed: that throws what `changed` gives.
 * `onShare` hears how much is here, from 0 to 1.
 */
export async function fetchParts(
  download: Download,
  file: string,
  changed: () => Error,
  onShare: (share: number) => void = () => {},
): Promise<Uint8Array[]> {
  let { size, data } = await download(file, 0);
  const parts = [data];
  for (let done = data.length; done < size; done += data.length) {
    onShare(done / size);
    const next = await download(file, done);
    if (next.size !== size || next.data.length === 0) throw changed();
    ({ size, data } = next);
    parts.push(data);
  }
  onShare(1);
  return parts;
}
