/** What has to change in a published test file so that it plays on a server that already runs. gofmt's layout is relied upon. */

/** Leaves out top-level functions and methods by name. */
export function withoutFunctions(source: string, names: string[]): string {
  return names.reduce((text, name) => {
    const start = new RegExp(`^func (\\([^)]*\\) )?${name}\\(.*\\{$`, 'm').exec(text);
    if (!start) throw new Error(`there is no function ${name}`);
    const end = text.indexOf('\n}\n', start.index);
    return text.slice(0, start.index) + text.slice(end + '\n}\n'.length);
  }, source);
}

/** Leaves out constants by name. */
export function withoutConstants(source: string, names: string[]): string {
  return names.reduce((text, name) => replaceOnce(text, new RegExp(`^\\t${name} += .*\\n`, 'm'), ''), source);
}

/** Leaves out the waiting for what only the server's own process can see. */
export function withoutWaitsThatUse(source: string, word: string): string {
  const lines = source.split('\n');
  for (;;) {
    const at = lines.findIndex((line) => line.includes(word));
    if (at < 0) return lines.join('\n');
    const first = lines.findLastIndex((line, index) => index < at && line.trim().startsWith('testutils.WithTimeout('));
    const indent = /^\t*/.exec(lines[first] ?? '')?.[0] ?? '';
    const last = lines.findIndex((line, index) => index > at && line === `${indent}})`);
    if (first < 0 || last < 0) throw new Error(`${word} is not inside a wait`);
    lines.splice(first, last - first + 1);
  }
}

/** Go refuses variables and imports that nothing uses any more. */
export function withoutUnused(source: string): string {
  const functions = source.split(/^(?=func )/m).map((text) => (/\bs\./.test(text) ? text : text.replace('\ts, finish := ', '\t_, finish := ')));
  const text = functions.join('');
  return text.replace(/^import \(\n([^)]*)\)\n/m, (_, imports: string) => {
    const used = imports.split('\n').filter((line) => line.trim() === '' || new RegExp(`\\b${nameOf(line)}\\.`).test(text.replace(imports, '')));
    return `import (\n${used.join('\n')})\n`;
  });
}

/** The name under which a file uses an import: its alias, or the last part of its path that is no version. */
function nameOf(line: string): string {
  const [, alias, path = ''] = /^\t(?:(\S+) )?"([^"]+)"/.exec(line) ?? [];
  const parts = path.split('/').filter((part) => !/^v\d+$/.test(part));
  return alias ?? parts.at(-1)?.replace(/^go-/, '') ?? '';
}

/** Replaces what must be there. */
export function replaceOnce(source: string, old: string | RegExp, replacement: string): string {
  const text = source.replace(old, replacement);
  if (text === source) throw new Error(`${old} is not there any more`);
  return text;
}
