// @ts-check
/**
 * @file Writes the API reference, a page for each entry point, from the docstrings: `npm run docs:api` fills docs/api, which is
 * a product of the sources and not kept.
 */
import { join } from 'node:path';
import { Application, OptionDefaults } from 'typedoc';
import { entryPoints } from './api-exports.mjs';
import { fail, root } from './files.mjs';

const out = process.argv[2] ?? join(root, 'docs/api');
/** Options of the plugin are known to it alone. @type {Partial<import('typedoc').TypeDocOptions> & Record<string, unknown>} */
const options = {
  entryPoints: entryPoints.map((entry) => join(root, entry)),
  tsconfig: join(root, 'tsconfig.build.json'),
  plugin: ['typedoc-plugin-markdown'],
  outputs: [{ name: 'markdown', path: out }],
  // The headers of files say what is in them, for those who read the sources.
  blockTags: [...OptionDefaults.blockTags, '@file'],
  excludeTags: ['@file'],
  name: 'Saddlepoint',
  readme: 'none',
  router: 'module',
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  githubPages: false,
  // Types that a page of the reference names without a place of their own are written out where they are used.
  validation: { notExported: false, invalidLink: true, notDocumented: false },
  treatValidationWarningsAsErrors: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandParameters: true,
  logLevel: 'Warn',
};
const app = await Application.bootstrapWithPlugins(/** @type {Partial<import('typedoc').TypeDocOptions>} */ (options));
const project = await app.convert();
if (!project) fail('the sources could not be read (see above).');
app.validate(project);
await app.generateOutputs(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) fail('the API reference has errors or warnings (see above).');
console.log(`${out}: ${entryPoints.length} entry points.`);
