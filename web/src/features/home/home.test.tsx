/** Alice starts a meeting, Bob pastes her link, Carol returns to last week's room. */
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { recentRooms, rememberRoom } from '../../me/recent-rooms';
import { violations } from '../../test-axe';
import { renderAt } from '../../test-page';
import { dayAndTime } from './day-and-time';
import HomePage from './HomePage';

const CODE = 'ab0de-fgh1k-mnpqr-stvwx-yz012';

function serverAnswers(status: number, body: unknown) {
  const fetch = vi.fn(async (_: Request) => Response.json(body, { status }));
  vi.stubGlobal('fetch', fetch);
  return fetch;
}

describe('Home', () => {
  it('takes Alice to a new room in one press; the server decides on a transcript', async () => {
    const fetch = serverAnswers(201, { code: CODE });
    const page = renderAt('/', <HomePage />);
    await userEvent.click(screen.getByTestId('home-start'));
    await vi.waitFor(() => expect(page.path()).toBe(`/r/${CODE}`));
    const sent = fetch.mock.calls.find(([request]) => request.method === 'POST')?.[0];
    expect(await sent?.json()).toEqual({});
  });

  it('sends the name that Alice gave', async () => {
    const fetch = serverAnswers(201, { code: CODE });
    renderAt('/', <HomePage />);
    await userEvent.type(screen.getByLabelText(/name of the meeting/i), ' Budget ');
    await userEvent.click(screen.getByTestId('home-start'));
    await vi.waitFor(() =>
      expect(fetch.mock.calls.some(([request]) => request.method === 'POST')).toBe(true),
    );
    const sent = fetch.mock.calls.find(([request]) => request.method === 'POST')?.[0];
    expect(await sent?.json()).toEqual({ name: 'Budget' });
  });

  it('says so when the server does not answer, and lets Alice press again', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    const page = renderAt('/', <HomePage />);
    await userEvent.click(screen.getByTestId('home-start'));
    expect((await screen.findByRole('alert')).textContent).toMatch(/does not answer/i);
    expect(page.path()).toBe('/');
  });

  it('takes Bob from a pasted link to the room', async () => {
    const page = renderAt('/', <HomePage />);
    await userEvent.type(
      screen.getByTestId('home-join-input'),
      `https://visio.example/r/${CODE.toUpperCase()}{Enter}`,
    );
    expect(page.path()).toBe(`/r/${CODE}`);
  });

  it.each([
    [`(https://visio.example/t/${CODE}).`, `/t/${CODE}`],
    [`Join here: ${CODE}, thanks`, `/r/${CODE}`],
  ])('takes Bob from “%s” to the page that is meant', async (pasted, path) => {
    const page = renderAt('/', <HomePage />);
    await userEvent.click(screen.getByTestId('home-join-input'));
    await userEvent.paste(pasted);
    await userEvent.click(screen.getByTestId('home-join'));
    expect(page.path()).toBe(path);
  });

  it('explains what it could not read, and forgets the complaint on the next key', async () => {
    renderAt('/', <HomePage />);
    await userEvent.type(screen.getByTestId('home-join-input'), 'tomorrow at nine{Enter}');
    expect(screen.getByText(/not a meeting link or code/i)).toBeTruthy();
    await userEvent.type(screen.getByTestId('home-join-input'), 'x');
    expect(screen.queryByText(/not a meeting link or code/i)).toBeNull();
  });

  it('offers Carol her last rooms and forgets one when told', async () => {
    rememberRoom({ code: CODE, name: 'Budget', at: Date.UTC(2026, 10, 20, 9), transcript: 'tr1' });
    const page = renderAt('/', <HomePage />);
    expect(screen.getByRole('link', { name: /transcript of Budget/i }).getAttribute('href')).toBe('/t/tr1');
    await userEvent.click(screen.getByRole('link', { name: /^Budget/ }));
    expect(page.path()).toBe(`/r/${CODE}`);
    await userEvent.click(screen.getByRole('button', { name: /forget Budget/i }));
    expect(screen.queryByText('Budget')).toBeNull();
    expect(recentRooms()).toEqual([]);
  });

  it('is accessible', async () => {
    rememberRoom({ code: CODE, name: 'Budget', at: 0, transcript: 'tr1' });
    const { container } = renderAt('/', <HomePage />);
    expect(await violations(container)).toEqual([]);
  });
});

describe('dayAndTime', () => {
  const now = new Date(2026, 10, 25, 0, 30).getTime();

  it.each([
    [new Date(2026, 10, 25, 0, 5), 'en-GB', 'Today 00:05'],
    [new Date(2026, 10, 24, 17, 58), 'fr-FR', 'Hier 17:58'],
    [new Date(2026, 10, 23, 17, 58), 'en-GB', '23 Nov 2026, 17:58'],
    [new Date(2026, 10, 26, 9, 0), 'en-GB', '26 Nov 2026, 09:00'],
  ])('says of %s in %s: %s', (at, locale, said) => {
    expect(dayAndTime(at.getTime(), now, locale)).toBe(said);
  });
});
