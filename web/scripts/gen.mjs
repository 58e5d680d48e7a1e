/** Rewrites src/api/generated/schema.d.ts from the OpenAPI document that the server generates from its code. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const source = new URL('../../docs/openapi.json', import.meta.url);
const target = new URL('../src/api/generated/schema.d.ts', import.meta.url);

if (!existsSync(source)) {
  console.error('docs/openapi.json is missing: run `make gen`, which writes it from the server first.');
  process.exit(1);
}
const types = await openapiTS(JSON.parse(readFileSync(source, 'utf8')));
const head =
  '/** Types of the HTTP API, generated from docs/openapi.json by `npm run gen`; never edited by hand. */\n';
writeFileSync(target, head + astToString(types));
