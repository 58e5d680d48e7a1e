/** Whatever stops a person, they read what happened and find a way on. */
import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { Problem } from '../../api/problem';
import { violations } from '../../test-axe';
import { renderAt } from '../../test-page';
import { AwaitedPage } from './AwaitedPage';
import { missingCapability } from './capability';
import { ErrorNet } from './ErrorNet';
import { ErrorScreen } from './ErrorScreen';
import type { ErrorKind } from './kinds';
import { reloadAfterUpdate } from './update';

const KINDS: ErrorKind[] = [
  'page-not-found',
  'not-found',
  'transcript-not-found',
  'no-calls',
  'name-refused',
  'refused',
  'removed',
  'closed',
  'elsewhere',
  'unreachable',
  'server-failed',
  'broken',
];

describe('ErrorScreen', () => {
  it.each(KINDS)('%s has its own words and a way home', (kind) => {
    renderAt('/', <ErrorScreen kind={kind} />);
    expect(screen.getByRole('heading', { level: 1 }).textContent).not.toContain('errors.');
    expect(screen.getByTestId(`error-${kind}`).querySelector('a')?.getAttribute('href')).toBe('/');
  });

  it('lets Alice take her call back from another window', async () => {
    const retry = vi.fn();
    renderAt('/', <ErrorScreen kind="elsewhere" onRetry={retry} />);
    await userEvent.click(screen.getByRole('button', { name: 'Continue here' }));
    expect(retry).toHaveBeenCalledOnce();
  });

  it('is accessible', async () => {
    const { container } = renderAt('/', <ErrorScreen kind="not-found" onRetry={() => {}} />);
    expect(await violations(container)).toEqual([]);
  });
});

function Broken(): never {
  throw new Error('a bug');
}

describe('ErrorScreen of a server with an operator', () => {
  it('says whom to tell, and under which number the server noted its fault', async () => {
    const operator = {
      name: 'Ville de Lyon',
      contact: 'visio@example.org',
      privacy_url: 'https://example.org/privacy',
    };
    vi.stubGlobal('fetch', async () => Response.json({ operator }));
    const { container } = renderAt('/', <ErrorScreen kind="server-failed" id="7f3a" onRetry={() => {}} />);
    const links = await screen.findAllByRole('link', { name: 'visio@example.org' });
    expect(links.map((link) => link.getAttribute('href'))).toEqual(Array(2).fill('mailto:visio@example.org'));
    expect(screen.getByTestId('error-id').textContent).toContain('7f3a');
    expect(screen.getByText('Hosted by Ville de Lyon')).toBeTruthy();
    expect(screen.getByRole('link', { name: 'Privacy' }).getAttribute('href')).toBe(
      'https://example.org/privacy',
    );
    expect(await violations(container)).toEqual([]);
  });
});

describe('AwaitedPage', () => {
  const failed = (status: number, id: string | null = null) => ({
    isError: true,
    isFetching: false,
    error: new Problem(status === 0 ? 'unreachable' : 'internal', status, '', id),
    refetch: vi.fn(),
  });
  const pending = { isError: false, isFetching: true, error: null, refetch: vi.fn() };

  it('shows its frame at once, and says after 2.5 s that nobody answers', async () => {
    vi.useFakeTimers();
    renderAt('/', <AwaitedPage query={pending} />);
    expect(screen.getByRole('banner')).toBeTruthy();
    expect(screen.getByRole('status').textContent).toContain('Loading');
    await act(() => vi.advanceTimersByTimeAsync(2_400));
    expect(screen.queryByTestId('error-unreachable')).toBeNull();
    await act(() => vi.advanceTimersByTimeAsync(200));
    expect(screen.getByTestId('error-unreachable').textContent).toContain('Trying again…');
    vi.useRealTimers();
  });

  it('counts down, asks again, and waits longer each time', async () => {
    vi.useFakeTimers();
    const query = failed(0);
    const { again } = renderAt('/', <AwaitedPage query={query} />);
    expect(screen.getByText('Trying again in 5 seconds.')).toBeTruthy();
    await act(() => vi.advanceTimersByTimeAsync(4_000));
    expect(screen.getByText('Trying again in 1 second.')).toBeTruthy();
    expect(query.refetch).not.toHaveBeenCalled();
    await act(() => vi.advanceTimersByTimeAsync(1_000));
    expect(query.refetch).toHaveBeenCalledOnce();
    again(<AwaitedPage query={{ ...query, isFetching: true }} />);
    again(<AwaitedPage query={query} />);
    expect(screen.getByText('Trying again in 10 seconds.')).toBeTruthy();
    vi.useRealTimers();
  });

  it('tells a server that broke from one that is away, by the number of the fault', () => {
    renderAt('/', <AwaitedPage query={failed(500, '7f3a')} />);
    expect(screen.getByTestId('error-server-failed').textContent).toContain('7f3a');
  });
});

describe('ErrorNet', () => {
  it('shows a page instead of nothing when a screen breaks', () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    renderAt(
      '/',
      <ErrorNet>
        <Broken />
      </ErrorNet>,
    );
    expect(screen.getByTestId('error-broken')).toBeTruthy();
  });
});

describe('missingCapability', () => {
  const browser = (more: object) => ({ RTCPeerConnection: class {}, WebSocket: class {}, ...more }) as never;

  it('tells an old browser from a page without TLS', () => {
    expect(missingCapability(browser({ RTCPeerConnection: undefined }))).toBe('no-calls');
    const [old, recent] = [{ supports: () => false }, { supports: () => true }];
    expect(missingCapability(browser({ CSS: old, navigator: { mediaDevices: {} } }))).toBe('no-calls');
    expect(missingCapability(browser({ CSS: recent, navigator: { mediaDevices: {} } }))).toBeNull();
    expect(missingCapability(browser({ navigator: {} }))).toBe('insecure');
    expect(missingCapability(browser({ navigator: { mediaDevices: {} } }))).toBeNull();
  });
});

describe('reloadAfterUpdate', () => {
  function reloadsOf(arrival: string, ageMs: number) {
    vi.spyOn(performance, 'getEntriesByType').mockReturnValue([
      { type: arrival } as unknown as PerformanceEntry,
    ]);
    vi.spyOn(performance, 'now').mockReturnValue(ageMs);
    const reload = vi.fn();
    const event = new Event('vite:preloadError', { cancelable: true });
    reloadAfterUpdate(event, reload);
    expect(event.defaultPrevented).toBe(reload.mock.calls.length > 0);
    return reload.mock.calls.length;
  }

  it('reloads a page that is older than the server', () => {
    expect([reloadsOf('navigate', 5_000), reloadsOf('reload', 3_600_000)]).toEqual([1, 1]);
  });

  it('lets a failure right after a reload be seen, also where nothing can be stored', () => {
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('', 'SecurityError');
    });
    expect(reloadsOf('reload', 5_000)).toBe(0);
  });
});
