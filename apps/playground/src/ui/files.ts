/** Files that are dropped anywhere on the page, pasted, or chosen in a dialog. */
import { element, part } from './dom.js';

/** @returns opens the dialog */
export function acceptFiles(take: (files: readonly File[]) => void): () => void {
  const input = element('input', {
    type: 'file',
    multiple: true,
    hidden: true,
    id: 'file',
    'aria-label': 'Open files',
  });
  document.body.append(input);
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    input.value = '';
    if (files.length > 0) take(files);
  });
  const veil = part('drop');
  addEventListener('dragover', (event) => {
    event.preventDefault();
    veil.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    veil.hidden = true;
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) take(files);
  });
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) take(files);
  });
  return () => input.click();
}
