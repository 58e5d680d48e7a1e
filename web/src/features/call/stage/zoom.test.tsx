/** Alice looks closely at Bob's screen. */
import { fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { violations } from '../../../test-axe';
import { ZoomView } from './ZoomView';

const tile = { width: 1000, height: 600 };
const show = (isActive = true) =>
  render(
    <ZoomView tile={tile} isActive={isActive}>
      <p>slides</p>
    </ZoomView>,
  );
const width = () => Number.parseFloat(screen.getByTestId('zoomed').style.width) || 1000;
const left = () => Number.parseFloat(screen.getByTestId('zoomed').style.left);
const surface = () => screen.getByTestId('zoomed').parentElement as HTMLElement;

beforeEach(() => {
  const box = { left: 0, top: 0, width: 1000, height: 600 } as DOMRect;
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockReturnValue(box);
});

describe('a shared screen', () => {
  it('grows by wheel under the pointer, and keeps the page from zooming', () => {
    show();
    const unhandled = fireEvent.wheel(surface(), { deltaY: -400, clientX: 0, clientY: 300 });
    expect(unhandled).toBe(false);
    expect(width()).toBeGreaterThan(1500);
    expect(left()).toBeCloseTo(0);
  });

  it('grows by two fingers and moves by one', () => {
    show();
    const finger = (pointerId: number, clientX: number) => ({ pointerId, clientX, clientY: 300 });
    fireEvent.pointerDown(surface(), finger(1, 400));
    fireEvent.pointerDown(surface(), finger(2, 600));
    fireEvent.pointerMove(surface(), finger(2, 800));
    expect(width()).toBeCloseTo(2000);
    fireEvent.pointerUp(surface(), finger(2, 800));
    const before = left();
    fireEvent.pointerMove(surface(), finger(1, 300));
    expect(left()).toBeCloseTo(before - 100);
  });

  it('grows, moves and shrinks by keys and by buttons', async () => {
    const { container } = show();
    await userEvent.keyboard('+');
    expect(width()).toBeCloseTo(1300);
    const before = left();
    await userEvent.keyboard('{ArrowRight}');
    expect(left()).toBeLessThan(before);
    await userEvent.click(screen.getByRole('button', { name: 'Larger (+)' }));
    expect(width()).toBeCloseTo(1690);
    expect(await violations(container)).toEqual([]);
    await userEvent.keyboard('0');
    expect(width()).toBe(1000);
    expect(screen.queryByRole('button', { name: 'Show all of it (0)' })).toBeNull();
  });

  it('is shown whole in a strip', () => {
    show(false);
    expect(fireEvent.wheel(surface(), { deltaY: -400 })).toBe(true);
    expect(width()).toBe(1000);
    expect(screen.queryByRole('button')).toBeNull();
  });
});
