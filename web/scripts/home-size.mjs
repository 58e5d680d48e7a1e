/** Fails when the script that the home page loads outgrows its budget; prints what each way in costs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const budgetKb = 160;
const folder = process.argv[2] ?? 'dist';
const manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8'));

/** The chunks a browser must have before `key` runs: itself and its static imports, transitively. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) closure(next, seen);
  return seen;
}

function gzippedKb(keys) {
  const bytes = [...keys].reduce(
    (sum, key) => sum + gzipSync(readFileSync(join(folder, manifest[key].file)), { level: 9 }).length,
    0,
  );
  return bytes / 1000;
}

const start = closure('index.html');
const home = new Set([
  ...start,
  ...closure('src/features/home/HomePage.tsx'),
  ...closure('src/i18n/fr.json'),
]);
const homeKb = gzippedKb(home);
console.log(`home: ${homeKb.toFixed(1)} kB gzip of ${budgetKb} allowed`);
for (const key of Object.keys(manifest).filter((name) => manifest[name].isDynamicEntry)) {
  const more = [...closure(key)].filter((name) => !start.has(name));
  console.log(`  ${key}: +${gzippedKb(more).toFixed(1)} kB`);
}
if (homeKb > budgetKb) {
  console.error('The home page outgrew its budget: load what it does not need lazily, or argue for more.');
  process.exit(1);
}
