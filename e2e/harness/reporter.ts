/** Prints a line a story, and at the end the one line that says how many held. */
import type { TestEvent } from 'node:test/reporters';

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let [passed, failed, skipped] = [0, 0, 0];
  for await (const { type, data } of events) {
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message;
    // Files and suites only hold stories; they are no stories themselves.
    if ((type !== 'test:pass' && type !== 'test:fail') || data.details.type === 'suite' || data.name.endsWith('.test.ts')) continue;
    const seconds = `${(data.details.duration_ms / 1000).toFixed(1)} s`;
    if (data.skip !== undefined) {
      skipped += 1;
      yield `skip ${data.name}: ${data.skip}\n`;
    } else if (type === 'test:pass') {
      passed += 1;
      yield `pass ${data.name} (${seconds})\n`;
    } else {
      failed += 1;
      yield `FAIL ${data.name} (${seconds})\n${textOf(data.details.error)}\n`;
    }
  }
  yield `\nstories: ${passed} passed, ${failed} failed, ${skipped} skipped\n`;
}

const textOf = (error: Error): string => {
  const cause = error.cause instanceof Error ? error.cause : error;
  return (cause.stack ?? cause.message).split('\n').slice(0, 12).join('\n');
};
