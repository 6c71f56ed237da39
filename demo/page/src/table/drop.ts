/** @file Files that are dropped: one is taken; what is no file is said to be none. */

/**
 * @param onFile called with the file to come, or the reason why there is none.
 */
export function followDrops(place: HTMLElement, onFile: (file: Promise<File>) => void): void {
  // A file that misses the place would otherwise replace the page.
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => event.preventDefault());
  place.addEventListener('dragover', () => place.classList.add('over'));
  place.addEventListener('dragleave', () => place.classList.remove('over'));
  place.addEventListener('drop', ({ dataTransfer }) => {
    place.classList.remove('over');
    onFile(dropped(dataTransfer));
  });
}

async function dropped(given: DataTransfer | null): Promise<File> {
  const [item] = given?.items ?? [];
  if (item?.webkitGetAsEntry?.()?.isDirectory) throw new Error('This is a folder.\n  help: drop one CSV file');
  const files = [...(given?.files ?? [])];
  if (files.length > 1) throw new Error(`These are ${files.length} files.\n  help: drop one CSV file`);
  const [file] = files;
  if (file !== undefined) return file;
  const text = given?.getData('text/plain') ?? '';
  if (text.trim() !== '') return new File([text], 'dropped text');
  throw new Error('There is no file in what was dropped.\n  help: drop a CSV file');
}
