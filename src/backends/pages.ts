/** @file Whether there are pages here, and so maybe a GPU for one. */

export const hasPages = (): boolean => typeof OffscreenCanvas !== 'undefined' || typeof document !== 'undefined';
