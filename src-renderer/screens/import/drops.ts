// What was dropped onto the window or picked in a browser's own dialog: files with their places in the folders they came in.

export interface GivenFile {
  /** Relative, `/`-separated: `holiday/beach/01.jpg`. */
  path: string;
  file: File;
}

/** What the system makes beside images and nobody means. */
const unwanted = /(^|\/)(\.|Thumbs\.db$|desktop\.ini$|__MACOSX\/)/;

export const isWanted = (path: string): boolean => !unwanted.test(path);

/** Everything in what was dropped, folders searched through. `onFound` hears how many there are so far. */
export async function readDrop(transfer: DataTransfer, onFound: (count: number) => void): Promise<GivenFile[]> {
  // Must be taken at once: the list is empty as soon as the event is over.
  const entries = Array.from(transfer.items).flatMap((item) => item.webkitGetAsEntry() ?? []);
  const plain = entries.length > 0 ? [] : Array.from(transfer.files);
  const found: GivenFile[] = plain.map((file) => ({ path: file.name, file }));
  const take = async (some: readonly FileSystemEntry[]) => {
    // The browser is asked for every single file: one after the other, 70,000 of them take minutes.
    const files = some.filter(({ isFile }) => isFile).map((entry) => fileOf(entry as FileSystemFileEntry));
    found.push(...(await Promise.all(files)));
    onFound(found.length);
    // Folders in turn: each is read as a whole, and with many at once no file would come for long.
    for (const entry of some) {
      if (entry.isDirectory) for await (const inner of entriesOf(entry as FileSystemDirectoryEntry)) await take(inner);
    }
  };
  await take(entries);
  return found.filter(({ path }) => isWanted(path));
}

/** Of an `input` for files or, with `webkitdirectory`, for a folder. */
export function readInput(files: FileList): GivenFile[] {
  return Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, file })).filter(({ path }) =>
    isWanted(path),
  );
}

function fileOf(entry: FileSystemFileEntry): Promise<GivenFile> {
  const path = entry.fullPath.replace(/^\//, '');
  return new Promise((resolve, reject) => entry.file((file) => resolve({ path, file }), reject));
}

/** A reader gives a hundred at a time, and none at the end. */
async function* entriesOf(folder: FileSystemDirectoryEntry): AsyncGenerator<FileSystemEntry[]> {
  const reader = folder.createReader();
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return;
    yield entries;
  }
}

/** A name for what was given: that of its one folder or file, else of the first. */
export function nameOfGiven(files: readonly GivenFile[]): string {
  const first = files[0]?.path ?? '';
  return first.includes('/') ? first.slice(0, first.indexOf('/')) : first.replace(/\.[^.]+$/, '');
}

/** Whether all of it lies in one folder: that is then the source, so that labels come from the folders below it. */
export function commonFolder(files: readonly GivenFile[]): string | null {
  const [folder] = files[0]?.path.split('/') ?? [];
  return files.length > 0 && files.every(({ path }) => path.startsWith(`${folder}/`)) ? folder! : null;
}
