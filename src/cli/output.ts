/** @file What a command says: results on stdout, for people or programs; all else on stderr. */

export interface Output {
  /** Whether results are to be JSON. */
  readonly json: boolean;
  /** Whether nothing but results and errors is wanted. */
  readonly quiet: boolean;
  /** A line of the result. */
  result(line: string): void;
  /** A line beside the result: what is going on, what was written. */
  say(line: string): void;
  /** A heading of the result, in bold where a person reads it on a terminal. */
  heading(text: string): void;
}

/** Whether a stream is a terminal that wants color: see https://no-color.org. */
function isColored(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

export function makeOutput({ json, quiet }: { readonly json: boolean; readonly quiet: boolean }): Output {
  const { stdout, stderr } = process;
  const bold = isColored(stdout) ? (text: string) => `\u001b[1m${text}\u001b[22m` : (text: string) => text;
  return {
    json,
    quiet,
    result: (line) => void stdout.write(`${line}\n`),
    say: (line) => void (quiet || stderr.write(`${line}\n`)),
    heading: (text) => void stdout.write(`${bold(text)}\n`),
  };
}
