/** @file Registers the service worker, which keeps the page for visits without a network. */
import { byId } from './dom.ts';

export async function keepOffline(): Promise<void> {
  // A worker that keeps files would hide every change from who develops the page.
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const text = byId('offline');
  try {
    await navigator.serviceWorker.register('./sw.js', { scope: './' });
    await navigator.serviceWorker.ready;
    text.textContent = 'Kept in this browser: the page works without a network from now on.';
  } catch {
    text.textContent = 'This browser does not keep the page for use without a network.';
  }
}
