/** Alice has left: she is thanked, finds the transcript, and can come back. */
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { violations } from '../../test-axe';
import { renderAt } from '../../test-page';
import { GoodbyePage } from './GoodbyePage';

describe('GoodbyePage', () => {
  it('links to the transcript that was kept', () => {
    renderAt('/', <GoodbyePage roomName="Budget" transcript="tr1" onRejoin={() => {}} />);
    expect(screen.getByTestId('goodbye').textContent).toContain('“Budget”');
    expect(screen.getByTestId('goodbye-transcript').getAttribute('href')).toBe('/t/tr1');
    // Others may still be in the meeting: nobody reads before its end.
    expect(screen.getByTestId('goodbye').textContent).toContain('as soon as the meeting has ended');
  });

  it('promises no transcript where none was kept', () => {
    renderAt('/', <GoodbyePage roomName="" transcript={null} onRejoin={() => {}} />);
    expect(screen.queryByTestId('goodbye-transcript')).toBeNull();
  });

  it('does not claim that words were kept where recognition is off', async () => {
    vi.stubGlobal('fetch', async () => Response.json({ captions: { available: false } }));
    renderAt('/', <GoodbyePage roomName="" transcript="tr1" onRejoin={() => {}} />);
    expect(await screen.findByText('Nothing was written down')).toBeTruthy();
    expect(screen.queryByText('What was said is kept')).toBeNull();
    vi.unstubAllGlobals();
  });

  it('lets her back in with one press', async () => {
    const rejoin = vi.fn();
    renderAt('/', <GoodbyePage roomName="" transcript={null} onRejoin={rejoin} />);
    await userEvent.click(screen.getByTestId('goodbye-rejoin'));
    expect(rejoin).toHaveBeenCalledOnce();
  });

  it('is accessible', async () => {
    const { container } = renderAt(
      '/',
      <GoodbyePage roomName="Budget" transcript="tr1" onRejoin={() => {}} />,
    );
    expect(await violations(container)).toEqual([]);
  });
});
