/** @file Whether a server answered with what was asked for: many answer an address that they do not know with their start page. */
import { SaddlepointError } from './errors.ts';

const HTML = /^\s*(text\/html|application\/xhtml\+xml)/i;

/**
 * @param who begins the sentence: '… answered with status 404, content type none'.
 * @param wanted what the answer should be, such as 'a model'.
 * @throws SaddlepointError `file` for an answer that is not ok, and for a page of HTML.
 */
export function checkAnswer({ ok, status, headers }: Response, who: string, wanted?: string): void {
  const type = headers.get('content-type') ?? 'none';
  const answer = `${who} answered with status ${status}, content type ${type}`;
  if (!ok) throw new SaddlepointError('file', answer, 'check the address');
  if (HTML.test(type))
    throw new SaddlepointError(
      'file',
      `${answer}: this is an HTML page${wanted === undefined ? '' : `, not ${wanted}`}`,
      'check the address: many servers answer unknown ones with their start page',
    );
}
