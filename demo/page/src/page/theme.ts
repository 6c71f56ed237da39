/** @file Light and dark: as the system says, until the visitor chooses; the choice is kept in this browser. */
import { byId } from './dom.ts';

const KEY = 'saddlepoint-page theme';
type Theme = 'light' | 'dark';

const system = matchMedia('(prefers-color-scheme: dark)');

/** @param onChange called when colors have changed: canvases must be drawn anew. */
export function startTheme(onChange: () => void): void {
  const button = byId<HTMLButtonElement>('theme');
  const root = document.documentElement;
  const current = (): Theme => (root.dataset.theme as Theme | undefined) ?? (system.matches ? 'dark' : 'light');
  const show = () => {
    button.textContent = current() === 'dark' ? 'Light theme' : 'Dark theme';
    onChange();
  };
  const kept = recall();
  if (kept !== undefined) root.dataset.theme = kept;
  button.addEventListener('click', () => {
    root.dataset.theme = current() === 'dark' ? 'light' : 'dark';
    remember(root.dataset.theme);
    show();
  });
  system.addEventListener('change', show);
  show();
}

// Where storage is forbidden the choice holds for this visit.
function recall(): Theme | undefined {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'light' || kept === 'dark' ? kept : undefined;
  } catch {
    return undefined;
  }
}

function remember(theme: string): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    return;
  }
}
