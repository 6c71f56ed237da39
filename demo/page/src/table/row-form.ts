/** @file A form with a field for each column, and the record that stands in it. */
import { element } from '../page/dom.ts';
import type { Field } from './columns.ts';

export class RowForm {
  readonly #form: HTMLFormElement;
  #fields: readonly Field[] = [];

  /** @param onRow called with the record when the form is sent. */
  constructor(form: HTMLFormElement, onRow: (record: Record<string, string>) => void) {
    this.#form = form;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      onRow(this.record());
    });
  }

  /** The fields, filled with the first row, so that there is an answer at once. */
  show(fields: readonly Field[]): void {
    this.#fields = fields;
    this.#form.replaceChildren(
      ...fields.map((field, i) => element('label', {}, field.name, control(field, `column-${i}`))),
    );
  }

  /** What stands in the fields. Texts: the model's own encoder reads them as it read the table. */
  record(): Record<string, string> {
    const values = this.#fields.map(({ name }, i) => {
      const control = this.#form.elements.namedItem(`column-${i}`) as HTMLInputElement;
      return [name, control.value] as const;
    });
    return Object.fromEntries(values);
  }
}

function control({ kind, choices, example }: Field, name: string): HTMLElement {
  if (choices !== undefined) {
    const options = choices.map((choice) => element('option', { textContent: choice, value: choice }));
    const select = element('select', { name }, ...options);
    select.value = choices.includes(example) ? example : (choices[0] ?? '');
    return select;
  }
  const input = element('input', { name, value: example, autocomplete: 'off' });
  if (kind === 'number') input.inputMode = 'decimal';
  if (kind === 'date') input.type = 'date';
  return input;
}
