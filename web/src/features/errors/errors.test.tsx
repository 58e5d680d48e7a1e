/** Whatever stops a person, they read what happened and find a way on. */
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { violations } from '../../test-axe';
import { missingCapability } from './capability';
import { ErrorNet } from './ErrorNet';
import { type ErrorKind, ErrorScreen } from './ErrorScreen';
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
  'broken',
];

describe('ErrorScreen', () => {
  it.each(KINDS)('%s has its own words and a way home', (kind) => {
    render(<ErrorScreen kind={kind} />);
    expect(screen.getByRole('heading', { level: 1 }).textContent).not.toContain('errors.');
    expect(screen.getByTestId(`error-${kind}`).querySelector('a')?.getAttribute('href')).toBe('/');
  });

  it('lets Alice take her call back from another window', async () => {
    const retry = vi.fn();
    render(<ErrorScreen kind="elsewhere" onRetry={retry} />);
    await userEvent.click(screen.getByRole('button', { name: 'Continue here' }));
    expect(retry).toHaveBeenCalledOnce();
  });

  it('is accessible', async () => {
    const { container } = render(<ErrorScreen kind="not-found" onRetry={() => {}} />);
    expect(await violations(container)).toEqual([]);
  });
});

function Broken(): never {
  throw new Error('a bug');
}

describe('ErrorNet', () => {
  it('shows a page instead of nothing when a screen breaks', () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    render(
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
