/** @file From the words of a command line to a command that runs, and to an exit code: 0 done, 1 failed, 2 wrong usage, 3 found. */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { SaddlepointError } from '../index.ts';
import { commands } from './commands.ts';
import { makeOutput } from './output.ts';
import type { CommandSpec, OptionSpec, Value } from './spec.ts';
import { version } from './version.ts';

/** Options of every command. */
const COMMON: readonly OptionSpec[] = [
  { name: 'json', value: { kind: 'flag' }, description: 'print the result as JSON' },
  { name: 'quiet', short: 'q', value: { kind: 'flag' }, description: 'print nothing but the result and errors' },
];

/** Text behind an option, read and checked. */
function reader(value: Value): ((text: string, before: unknown) => unknown) | undefined {
  if (value.kind === 'texts' && value.many) return undefined;
  if (value.kind === 'texts') return (text, before) => [...((before as string[] | undefined) ?? []), text];
  if (value.kind !== 'number') return undefined;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, open = false, integer = false } = value;
  const bounds = [
    min === Number.NEGATIVE_INFINITY ? '' : ` ${open ? '>' : '≥'} ${min}`,
    max === Number.POSITIVE_INFINITY ? '' : ` ${open ? '<' : '≤'} ${max}`,
  ];
  const expected = `expected ${integer ? 'a whole number' : 'a number'}${bounds.filter((bound) => bound).join(' and')}`;
  return (text) => {
    const number = text.trim() === '' ? Number.NaN : Number(text);
    const inside = open ? number > min && number < max : number >= min && number <= max;
    if (Number.isFinite(number) && inside && (!integer || Number.isInteger(number))) return number;
    throw new InvalidArgumentError(`${expected}.`);
  };
}

function optionOf({ name, short, value, description }: OptionSpec): Option {
  const dashes = `${short === undefined ? '' : `-${short}, `}--${name}`;
  if (value.kind === 'flag') return new Option(dashes, description);
  if (value.kind === 'choice')
    return new Option(`${dashes} <${value.choices.join('|')}>`, description).choices(value.choices);
  const { placeholder } = value;
  const many = value.kind === 'texts' && value.many ? '...' : '';
  const option = new Option(
    `${dashes} ${value.kind === 'flag or text' ? `[${placeholder}]` : `<${placeholder}${many}>`}`,
    description,
  );
  const read = reader(value);
  return read === undefined ? option : option.argParser(read);
}

function commandOf(spec: CommandSpec, ended: (code: number) => void): Command {
  const command = new Command(spec.name).description(spec.summary);
  for (const { name, many, optional, description } of spec.arguments)
    command.addArgument(new Argument(many ? `<${name}...>` : optional ? `[${name}]` : `<${name}>`, description));
  const own = spec.options.map(({ name }) => name);
  for (const option of [...spec.options, ...COMMON.filter(({ name }) => !own.includes(name))])
    command.addOption(optionOf(option));
  const width = Math.max(...spec.examples.map(([line]) => line.length));
  const lines = spec.examples.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`);
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
  command.action(async (...given: unknown[]) => {
    const words = given
      .slice(0, spec.arguments.length)
      .flat()
      .filter((word) => word !== undefined) as string[];
    const options = command.opts();
    const output = makeOutput({ json: options.json === true, quiet: options.quiet === true });
    const code = await spec.run(words, options, output);
    if (typeof code === 'number') ended(code);
  });
  return command;
}

/** The command line as a whole. */
function program(ended: (code: number) => void): Command {
  const root = new Command('saddlepoint')
    .description('Train small neural networks on tables, texts and images.')
    .version(version(), '-V, --version')
    .helpCommand(false);
  for (const spec of commands) root.addCommand(commandOf(spec, ended));
  root.addHelpText(
    'after',
    '\nResults go to stdout, progress to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 diagnose found a fault.\n`saddlepoint train --help` says what a command can do.',
  );
  for (const command of [root, ...root.commands]) {
    command.exitOverride().configureOutput({ outputError: (text, write) => write(text) });
    command.showHelpAfterError(
      `(saddlepoint ${command === root ? '' : `${command.name()} `}--help says what there is)`,
    );
  }
  return root;
}

/** Runs a command line; returns the exit code. */
export async function runProgram(words: readonly string[]): Promise<number> {
  // A reader that has enough, such as `head`, closes the pipe: that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  try {
    let code = 0;
    const root = program((given) => {
      code = given;
    });
    if (words.length === 0) {
      root.outputHelp({ error: true });
      return 2;
    }
    await root.parseAsync([...words], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return explain(error);
  }
}

/** Says what went wrong; an option that cannot be is wrong usage. */
function explain(error: unknown): number {
  if (error instanceof SaddlepointError) {
    process.stderr.write(`error: ${error.message}\n`);
    return error.code === 'option' ? 2 : 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`error: ${text}\n  help: this is a fault in saddlepoint; please report it\n`);
  return 1;
}
