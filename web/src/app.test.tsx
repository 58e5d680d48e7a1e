/** Every address leads to its screen, and a wrong one to words that help. */
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { App } from './App';
import { chooseLocale } from './i18n/words';
import { homePath, roomPath, transcriptPath } from './paths';

const refused = { error: { code: 'transcript_not_found', message: '' } };

function visit(path: string) {
  vi.stubGlobal('fetch', async () => Response.json(refused, { status: 404 }));
  history.replaceState(null, '', path);
  return render(<App />);
}

afterEach(async () => {
  history.replaceState(null, '', '/');
  await chooseLocale('en');
});

describe('App', () => {
  it('starts at home', async () => {
    visit(homePath());
    expect(await screen.findByTestId('home-start')).toBeTruthy();
    expect(document.title).toBe('Visio');
  });

  it('finds a transcript’s page by its address', async () => {
    visit(transcriptPath('ab0de-fgh1k-mnpqr-stvwx-yz012'));
    expect(await screen.findByTestId('error-transcript-not-found')).toBeTruthy();
    expect(document.title).toBe('Transcript not found – Visio');
  });

  it('finds a room’s page by its address', async () => {
    vi.stubGlobal('RTCPeerConnection', class {});
    visit(roomPath('nonsense'));
    expect(await screen.findByTestId('error-not-found')).toBeTruthy();
  });

  it('leads home from an address that is none, without loading the page anew', async () => {
    visit('/no/such/page');
    await userEvent.click((await screen.findByTestId('error-page-not-found')).querySelector('a') as Element);
    expect(await screen.findByTestId('home-start')).toBeTruthy();
    expect(location.pathname).toBe('/');
  });

  it('changes its language on a press, everywhere at once', async () => {
    visit(homePath());
    await screen.findByTestId('home-start');
    await userEvent.click(screen.getByRole('button', { name: 'Français' }));
    expect(await screen.findByText('Démarrer une réunion')).toBeTruthy();
    expect(document.documentElement.lang).toBe('fr');
  });
});
