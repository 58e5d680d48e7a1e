/** A link is copied by whatever way the browser leaves open, and nothing is called copied that was not. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { copyText } from './copy-text';

const LINK = 'https://visio.example/r/x';
let copied: string | undefined;

function browserWith(clipboard: Partial<Clipboard> | undefined, command: () => boolean) {
  vi.stubGlobal('navigator', { clipboard });
  document.execCommand = () => {
    const allowed = command();
    if (allowed) copied = document.querySelector('textarea')?.value;
    return allowed;
  };
}

const refuses = () => Promise.reject(new DOMException('', 'NotAllowedError'));
const writes = async (text: string) => {
  copied = text;
};
function failingCommand(): boolean {
  throw new Error('no such command');
}

const BROWSERS: [string, Partial<Clipboard> | undefined, () => boolean, boolean][] = [
  ['has a clipboard', { writeText: writes }, () => false, true],
  ['has none, as on a page without TLS', undefined, () => true, true],
  ['refuses it, as in a frame', { writeText: refuses }, () => true, true],
  ['refuses both ways', { writeText: refuses }, () => false, false],
  ['knows neither', undefined, failingCommand, false],
];

afterEach(() => {
  copied = undefined;
});

describe('copyText', () => {
  it.each(BROWSERS)('tells the truth where the browser %s', async (_, clipboard, command, done) => {
    browserWith(clipboard, command);
    expect([await copyText(LINK), copied, document.querySelector('textarea')]).toEqual([
      done,
      done ? LINK : undefined,
      null,
    ]);
  });

  it('gives the focus back to the button that was pressed', async () => {
    browserWith(undefined, () => true);
    const button = document.body.appendChild(document.createElement('button'));
    button.focus();
    await copyText(LINK);
    expect(document.activeElement).toBe(button);
    button.remove();
  });
});
