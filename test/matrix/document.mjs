// @ts-check
/** @file docs/matrix.md, of the cells that ran. */

/** @typedef {{ readonly group: string, readonly name: string, readonly reason: string }} Row `reason`: why it failed, or '' */

/** An error as one line without places of this machine. @param {unknown} error @param {string[]} places */
export function reasonOf(error, places) {
  let text = error instanceof Error ? error.message : String(error);
  for (const place of places) text = text.replaceAll(place, '…');
  return text
    .replace(/\/tmp\/[\w./-]*/g, '…')
    .replace(/\s+/g, ' ')
    .slice(0, 400);
}

const cell = (/** @type {string} */ text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** @param {readonly Row[]} rows @param {Date} [date] */
export function matrixDocument(rows, date = new Date()) {
  const groups = [...new Set(rows.map(({ group }) => group))];
  const tables = groups.map((group) => {
    const lines = rows
      .filter((row) => row.group === group)
      .map(({ name, reason }) => `| ${cell(name)} | ${reason === '' ? 'ok' : `fails: ${cell(reason)}`} |`);
    return `## ${group}\n\n| where | result |\n|---|---|\n${lines.join('\n')}\n`;
  });
  const failed = rows.filter(({ reason }) => reason !== '').length;
  return `# Where the packed library was tried

Written by \`npm run test:matrix\` on ${date.toISOString().slice(0, 10)}: ${rows.length - failed} of ${rows.length} cells are ok.

The library is packed as npm publishes it and installed in an empty folder. There, without any configuration, each bundler builds the same programs, and each runtime runs them: a classifier trained from CSV, saved to bytes and loaded again; a convolutional network and an embedding, whose builds of the machine are loaded by \`import()\`; two plan files of \`saddlepoint/edge\`, which predict, are trained on, and keep their state; and a network on the fastest build. \`ok\` means that it ran and, where it trains, that the trained bits are those of Node. [installing.md](installing.md) says what there is to do in each place.

${tables.join('\n')}`;
}
