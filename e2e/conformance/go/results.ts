/** What a run of Go tests said, test by test: `go tool test2json` writes one event a line. */
export type Verdict = 'pass' | 'fail' | 'skip';

export interface Result {
  test: string;
  verdict: Verdict;
  /** What the test itself printed when it failed. */
  detail: string;
}

interface Event {
  Action: string;
  Test?: string;
  Output?: string;
}

/** Verdicts of the innermost tests; one that began and was not heard of again has failed with its process. */
export function resultsOf(events: string): Result[] {
  const verdicts = new Map<string, Verdict | null>();
  const printed = new Map<string, string>();
  for (const line of events.split('\n').filter((line) => line.startsWith('{'))) {
    const { Action: action, Test: test, Output: output = '' } = JSON.parse(line) as Event;
    if (test === undefined) continue;
    if (action === 'run') verdicts.set(test, null);
    if (action === 'pass' || action === 'fail' || action === 'skip') verdicts.set(test, action);
    printed.set(test, (printed.get(test) ?? '') + output);
  }
  const innermost = [...verdicts].filter(([test]) => ![...verdicts.keys()].some((other) => other.startsWith(`${test}/`)));
  return innermost.map(([test, verdict]) => ({ test, verdict: verdict ?? 'fail', detail: verdict === 'fail' ? reasonIn(printed.get(test) ?? '') : 'its process ended' }));
}

/** testify's "Error:" line, or the last line that is not of a log. */
function reasonIn(output: string): string {
  const said = /Error:\s*(.*(?:\n\s{20,}\S.*)*)/.exec(output)?.[1] ?? output.split('\n').findLast((line) => /\.go:\d+:/.test(line)) ?? '';
  return said.replace(/\s+/g, ' ').trim().slice(0, 200);
}
