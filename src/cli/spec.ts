/** @file What a command is, as data: arguments, options and examples, from which parser, help and checks are made. */
import type { Output } from './output.ts';

interface Described {
  /** What it is for, with the default and why, for the help. */
  readonly description: string;
}

/** How the text behind an option is read. */
export type Value =
  /** No text: there or not. */
  | { readonly kind: 'flag' }
  | { readonly kind: 'text'; readonly placeholder: string }
  /** May be given several times; `many`: also several words at once. */
  | { readonly kind: 'texts'; readonly placeholder: string; readonly many?: true }
  /** A flag that may have a text behind it: true or that text. */
  | { readonly kind: 'flag or text'; readonly placeholder: string }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | {
      readonly kind: 'number';
      readonly placeholder: string;
      readonly min?: number;
      readonly max?: number;
      /** Whether the ends are excluded. */
      readonly open?: boolean;
      readonly integer?: boolean;
    };

export interface OptionSpec extends Described {
  /** In kebab case, without the dashes. */
  readonly name: string;
  readonly short?: string;
  readonly value: Value;
}

export interface ArgumentSpec extends Described {
  readonly name: string;
  /** It and those that follow may be given many times. */
  readonly many?: boolean;
  readonly optional?: boolean;
}

/** What was given, by the camel-case name of the option. */
export type Given = Readonly<Record<string, unknown>>;

export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Lines to type, with what they do. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** @returns the exit code, where it is not 0. */
  run(given: readonly string[], options: Given, output: Output): Promise<void> | Promise<number>;
}
