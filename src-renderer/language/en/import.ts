// English texts of the import screen.
export const import_ = {
  'screen.import': 'Import',
  'import.path.label': 'Folder, image, archive or array on this machine',
  'import.path.help': 'Its full path. A folder is searched through; the folder that holds an image is its label.',
  'import.start': 'Import',
  'import.samples': 'Draw sample images',
  'import.datasets': 'Data sets',
  'import.none.title': 'No images yet',
  'import.none.text': 'Name a folder of images above, or draw some to try Pinhole with.',
  'import.train': 'Train on it',
  'import.delete': 'Delete “{name}”',
  'import.deleted': '“{name}” was deleted.',
} as const;
