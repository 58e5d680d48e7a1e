/** After the meeting Carol reads what was said, searches it, and takes it along. */
import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import type { Transcript, TranscriptLine } from '../../api/requests';
import { violations } from '../../test-axe';
import { renderAt } from '../../test-page';
import { paragraphsOf } from './paragraphs';
import { plainText } from './plain-text';
import { cutAtMatches, paragraphsWith } from './search';
import { speakersOf } from './speakers';
import TranscriptPage from './TranscriptPage';
import { clockTime, elapsed } from './times';

const start = Date.parse('2026-11-23T14:00:00Z');

/** A line that begins at a second of the meeting and takes two. */
function line(second: number, name: string, text: string): TranscriptLine {
  const at = (s: number) => new Date(start + s * 1000).toISOString();
  return {
    number: second,
    id: `line-${second}`,
    speaker: { identity: name.toLowerCase(), name },
    started_at: at(second),
    ended_at: at(second + 2),
    offset_ms: second * 1000,
    language: 'en',
    text,
  };
}

const lines = [
  line(1, 'Alice', 'Good morning.'),
  line(4, 'Alice', 'Shall we begin?'),
  line(8, 'Bob', 'La réunion de mars est déplacée.'),
  line(12, 'Alice', 'Noted.'),
];

function serve(transcript: Partial<Transcript>, status = 200) {
  const whole = {
    room_name: 'Budget',
    started_at: lines[0]?.started_at,
    ended_at: null,
    lines,
    reads: 1,
    ...transcript,
  };
  const fetch = vi.fn(async () =>
    Response.json(status === 200 ? whole : { error: { code: 'x', message: '' } }, { status }),
  );
  // The frame of the page asks who runs the server; only what is asked about the transcript counts here.
  const isConfig = (request: Request) => request.url.endsWith('/api/v1/config');
  vi.stubGlobal('fetch', async (request: Request) => (isConfig(request) ? Response.json({}) : fetch()));
  return fetch;
}

const CODE = 'ab0de-fgh1k-mnpqr-stvwx-yz012';
const open = (behind = '') => renderAt(`/t/${CODE}${behind}`, <TranscriptPage />, '/t/*');

describe('paragraphsOf', () => {
  it('tells the language of a paragraph, unless it is mixed or not known', () => {
    const said = (second: number, name: string, language: string) => ({
      ...line(second, name, '…'),
      language,
    });
    const mixed = [
      said(1, 'Alice', 'fr'),
      said(4, 'Alice', 'fr'),
      said(8, 'Bob', ''),
      said(12, 'Carol', 'fr'),
    ];
    const languages = paragraphsOf([...mixed, said(15, 'Carol', 'en')]).map(({ language }) => language);
    expect(languages).toEqual(['fr', undefined, undefined]);
  });

  it('joins what one person says in a row, and begins anew with another speaker', () => {
    expect(paragraphsOf(lines).map(({ speaker, text }) => `${speaker.name}: ${text}`)).toEqual([
      'Alice: Good morning. Shall we begin?',
      'Bob: La réunion de mars est déplacée.',
      'Alice: Noted.',
    ]);
  });

  it('begins anew after a long silence and before a paragraph grows too long', () => {
    const monologue = Array.from({ length: 8 }, (_, i) => line(i * 3, 'Alice', 'x'.repeat(150)));
    expect(paragraphsOf(monologue).length).toBeGreaterThan(1);
    expect(paragraphsOf([line(0, 'Bob', 'One.'), line(14, 'Bob', 'Two.')])).toHaveLength(2);
    expect(paragraphsOf([line(0, 'Bob', 'One.'), line(13, 'Bob', 'Two.')])).toHaveLength(1);
  });

  it('keeps two people of the same name apart', () => {
    const otherBob = { ...line(3, 'Bob', 'And me.'), speaker: { identity: 'bob-2', name: 'Bob' } };
    expect(paragraphsOf([line(0, 'Bob', 'Me.'), otherBob])).toHaveLength(2);
  });
});

describe('search', () => {
  const found = (text: string, wanted: string) =>
    cutAtMatches(text, wanted)
      .map((piece) => (piece.found ? `[${piece.text}]` : piece.text))
      .join('');

  it.each([
    ['La Réunion, la réunion', 'reunion', 'La [Réunion], la [réunion]'],
    ['Nothing here', 'absent', 'Nothing here'],
    ['aaaa', 'aa', '[aa][aa]'],
    ['İstanbul ve Ankara', 'ankara', 'İstanbul ve [Ankara]'],
    ['e\u0301te\u0301 2026', 'ete', '[e\u0301te]\u0301 2026'],
    ['50 % (about)', '% (', '50 [% (]about)'],
    ['anything', '  ', 'anything'],
  ])('in "%s" finds "%s"', (text, wanted, marked) => {
    expect(found(text, wanted)).toBe(marked);
  });

  it('also finds who spoke', () => {
    expect(paragraphsWith(paragraphsOf(lines), 'BOB')).toHaveLength(1);
  });
});

describe('plain text and times', () => {
  it('writes minutes with and without times', () => {
    const [first] = paragraphsOf(lines);
    expect(plainText(first ? [first] : [], true, '?')).toBe('[0:01] Alice: Good morning. Shall we begin?');
    expect(plainText(paragraphsOf([line(0, '', 'Hm.')]), false, 'Someone')).toBe('Someone: Hm.');
  });

  it('counts beyond an hour, and shows the clock in the reader’s way', () => {
    expect([elapsed(0), elapsed(125_000), elapsed(3_725_000)]).toEqual(['0:00', '2:05', '1:02:05']);
    expect(clockTime('2026-11-23T14:05:00', 'fr')).toBe('14:05');
  });

  it('lists speakers in the order they first spoke', () => {
    expect(speakersOf(paragraphsOf(lines)).map(({ name, ids }) => `${name} ${ids.length}`)).toEqual([
      'Alice 2',
      'Bob 1',
    ]);
  });
});

describe('TranscriptPage', () => {
  it('opens from a link with a full stop behind it', async () => {
    serve({});
    const page = open('.');
    await screen.findAllByTestId('transcript-line');
    expect(page.path()).toBe(`/t/${CODE}`);
  });

  it('shows who said what, and where to download it', async () => {
    serve({});
    open();
    const paragraphs = await screen.findAllByTestId('transcript-line');
    expect(paragraphs.map((p) => within(p).getByTestId('transcript-speaker').textContent)).toEqual([
      'Alice',
      'Bob',
      'Alice',
    ]);
    expect(screen.getByTestId('transcript-download-vtt').getAttribute('href')).toBe(
      '/api/v1/transcripts/ab0de-fgh1k-mnpqr-stvwx-yz012/export?format=vtt',
    );
  });

  it('narrows to what is searched, marks it and says how much there is', async () => {
    serve({});
    open();
    await userEvent.type(await screen.findByLabelText('Search'), 'reunion');
    expect(screen.getAllByTestId('transcript-line')).toHaveLength(1);
    expect(document.querySelector('mark')?.textContent).toBe('réunion');
    expect(screen.getByText('1 passage')).toBeTruthy();
  });

  it('jumps to the next words of a speaker, around and around', async () => {
    serve({});
    open();
    const alice = await screen.findByRole('button', { name: /Alice/ });
    const focused: (string | undefined)[] = [];
    for (let i = 0; i < 3; i += 1) {
      await userEvent.click(alice);
      focused.push(document.activeElement?.id);
    }
    expect(focused).toEqual(['p-line-1', 'p-line-12', 'p-line-1']);
  });

  it('copies with times when asked', async () => {
    serve({});
    const user = userEvent.setup();
    open();
    await user.click(await screen.findByRole('switch', { name: 'With times' }));
    await user.click(screen.getByTestId('transcript-copy'));
    expect(await navigator.clipboard.readText()).toContain('[0:08] Bob: La réunion');
    expect(screen.getByTestId('transcript-copy').textContent).toBe('Copied');
  });

  it('asks again while the meeting goes on and stops when it has ended', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const fetch = serve({ lines: [] });
    open();
    expect((await screen.findByTestId('transcript-empty')).textContent).toMatch(/as people speak/);
    await vi.advanceTimersByTimeAsync(3_100);
    expect(fetch.mock.calls.length).toBeGreaterThanOrEqual(2);
    const over = serve({ ended_at: lines[3]?.ended_at ?? null });
    await vi.advanceTimersByTimeAsync(12_000);
    expect(over).toHaveBeenCalledOnce();
    vi.useRealTimers();
  });

  it('rests on the words for a transcript that is not there', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const fetch = serve({}, 404);
    open();
    await screen.findByTestId('error-transcript-not-found');
    await vi.advanceTimersByTimeAsync(12_000);
    vi.useRealTimers();
    expect(fetch).toHaveBeenCalledOnce();
  });

  it('says the same to a stranger whatever the reason', async () => {
    serve({}, 404);
    open();
    expect(await screen.findByTestId('error-transcript-not-found')).toBeTruthy();
  });

  it('is accessible', async () => {
    serve({});
    const { container } = open();
    await screen.findAllByTestId('transcript-line');
    expect(await violations(container)).toEqual([]);
  });
});

describe('after the meeting', () => {
  const deletes = (fetch: typeof globalThis.fetch) =>
    vi
      .mocked(fetch)
      .mock.calls.filter(([request]) => request instanceof Request && request.method === 'DELETE');

  it('is deleted from the browser that started it, after a question', async () => {
    localStorage.setItem('visio.deletion-codes', JSON.stringify([[CODE, 'd1']]));
    const fetch = vi.fn(async (request: Request) =>
      request.method === 'DELETE'
        ? new Response(null, { status: 204 })
        : Response.json({
            room_name: '',
            started_at: lines[0]?.started_at,
            ended_at: lines[0]?.ended_at,
            lines,
            reads: 3,
          }),
    );
    vi.stubGlobal('fetch', fetch);
    open();
    await userEvent.click(await screen.findByTestId('transcript-delete'));
    expect(deletes(fetch as never)).toHaveLength(0);
    await userEvent.click(screen.getByTestId('transcript-delete-now'));
    expect(await screen.findByTestId('error-transcript-deleted')).toBeTruthy();
    expect(deletes(fetch as never)).toHaveLength(1);
    localStorage.clear();
  });

  it('cannot be deleted from elsewhere', async () => {
    serve({ ended_at: lines[0]?.ended_at ?? null });
    open();
    await screen.findAllByTestId('transcript-text');
    expect(screen.queryByTestId('transcript-delete')).toBeNull();
  });

  it('waits for the end of a meeting that one is not in, and opens by itself', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    vi.stubGlobal('fetch', async () =>
      Response.json({ error: { code: 'meeting_goes_on', message: '' } }, { status: 403 }),
    );
    open();
    const waiting = await screen.findByTestId('error-transcript-not-yet');
    // True for who leaves others behind, and for who was the last to leave.
    expect(waiting.textContent).toContain('about 20 seconds after the last person has left');
    serve({ ended_at: lines[0]?.ended_at ?? null });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await screen.findAllByTestId('transcript-text')).not.toEqual([]);
    vi.useRealTimers();
  });
});
