/** @file The programs behind a request, as workerd and edge-runtime take them. */
import { runPrograms } from './programs.js';

const respond = async () =>
  Response.json(await runPrograms().catch((error) => ({ error: String(error?.stack ?? error) })));

export default { fetch: respond };
