/** @file The content security policy of the built page does not stand in the way of the development server's own scripts. */
import type { Plugin } from 'vite';

/** Takes the policy out while developing: the server puts styles and a socket into the page, which the policy forbids. */
export function policyWhenServed(): Plugin {
  return {
    name: 'page: no policy while developing',
    apply: 'serve',
    transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, ''),
  };
}
