// Which paths are archives of Pinhole's own.

export const archiveEnding = '.pinhole';

export const isArchive = (path: string): boolean => path.toLowerCase().endsWith(archiveEnding);
