/** @file What figures share: a document to draw in, a frame with title and colors for light and dark pages. */
import { parseHTML } from 'linkedom';

export type Attributes = Readonly<Record<string, string | number>>;

const STYLE = `
  .figure { --paper: #ffffff; --ink: #24292f; color: var(--ink); font: 12px system-ui, sans-serif; }
  @media (prefers-color-scheme: dark) { .figure { --paper: #0d1117; --ink: #d1d7e0; } }
  .figure .title { font-size: 16px; font-weight: 600; }
`;

/** The page's document, or, where there is no page, one of linkedom's. */
export function makeDocument(): Document {
  const { document } = globalThis as { readonly document?: Document };
  return document ?? parseHTML('<!doctype html><html><body></body></html>').document;
}

/** An empty figure, and what adds elements and texts to it. */
export function figure(
  document: Document,
  { width, height, title, style }: { width: number; height: number; title: string; style: string },
) {
  const svg = element(document, 'svg', {
    ...{ xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width, height },
    ...{ class: 'figure', role: 'img' },
  });
  const add = (name: string, content: string, attributes: Attributes = {}): void => {
    const made = element(document, name, attributes);
    made.textContent = content;
    svg.append(made);
  };
  const write = (content: string, attributes: Attributes): void =>
    add('text', content, { fill: 'currentColor', ...attributes });
  add('title', title);
  add('style', STYLE + style);
  add('rect', '', { width: '100%', height: '100%', fill: 'var(--paper)' });
  write(title, { class: 'title', x: 16, y: 30 });
  return { svg, add, write };
}

function element(document: Document, name: string, attributes: Attributes): Element {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
