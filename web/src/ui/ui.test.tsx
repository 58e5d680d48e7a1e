/** The pieces that every screen is made of. */
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Copy } from 'lucide-react';
import decodeQR from 'qr/decode.js';
import { describe, expect, it, vi } from 'vitest';
import { violations } from '../test-axe';
import { Button } from './Button';
import { CopyButton } from './CopyButton';
import { QrCode } from './QrCode';
import { Select } from './Select';
import { Switch } from './Switch';
import { colourIndex, initialsOf } from './speaker-colour';
import { TextField } from './TextField';

describe('speaker colour', () => {
  it.each([
    ['Alice Martin', 'AM'],
    ['  bob ', 'B'],
    ['Jean de la Fontaine', 'JF'],
    ['李 伟', '李伟'],
    ['👩‍🚀 Neil', '👩N'],
    ['', '?'],
  ])('%s has the initials %s', (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });

  it('gives a person the same colour every time, and a crowd all of them', () => {
    expect(colourIndex('alice')).toBe(colourIndex('alice'));
    const crowd = Array.from({ length: 100 }, (_, i) => colourIndex(`guest-${i}`));
    expect(new Set(crowd).size).toBe(8);
  });
});

describe('Select', () => {
  it('is opened and chosen from with the keyboard alone', async () => {
    const onChange = vi.fn();
    const choices = [
      { id: 'fr', label: 'French' },
      { id: 'de', label: 'German' },
    ];
    render(<Select label="Language" choices={choices} value="fr" onChange={onChange} />);
    await userEvent.tab();
    await userEvent.keyboard('{Enter}{ArrowDown}{Enter}');
    expect(onChange).toHaveBeenCalledWith('de');
  });
});

describe('QrCode', () => {
  it('is read by a camera as the text that it was given', () => {
    const link = 'https://visio.example.org/r/abcde-fghjk-mnpqr-stvwx-yz234';
    render(<QrCode text={link} label="Link" />);
    const code = screen.getByRole('img', { name: 'Link' });
    const modules = Number(code.getAttribute('viewBox')?.split(' ')[2]);
    const dark = [...(code.querySelector('path')?.getAttribute('d') ?? '').matchAll(/M(\d+) (\d+)h1v1h-1z/g)];
    const scale = 4;
    const width = modules * scale;
    const data = new Uint8ClampedArray(width * width * 4).fill(255);
    for (const [, x, y] of dark)
      for (let at = 0; at < scale * scale; at += 1) {
        const [column, row] = [Number(x) * scale + (at % scale), Number(y) * scale + Math.floor(at / scale)];
        data.fill(0, (row * width + column) * 4, (row * width + column) * 4 + 3);
      }
    expect(decodeQR({ width, height: width, data })).toBe(link);
  });
});

describe('CopyButton', () => {
  it('says that nothing was copied, and what to do, until the next press', async () => {
    vi.stubGlobal('navigator', {});
    document.execCommand = () => false;
    render(
      <CopyButton
        text={() => 'x'}
        icon={Copy}
        label="Copy"
        copied="Copied"
        refused="Select the text instead."
        testId="copy"
      />,
    );
    await userEvent.click(screen.getByTestId('copy'));
    expect((await screen.findByText('Select the text instead.')).getAttribute('role')).toBe('status');
    expect(screen.queryByText('Copied')).toBeNull();
    document.execCommand = () => true;
    await userEvent.click(screen.getByTestId('copy'));
    expect(await screen.findAllByText('Copied')).toHaveLength(2);
    expect(screen.queryByText('Select the text instead.')).toBeNull();
  });
});

describe('accessibility', () => {
  it('finds nothing in any piece', async () => {
    const { container } = render(
      <main>
        <Button>Save</Button>
        <Button aria-label="Close" />
        <TextField label="Name" problem="Too long" />
        <Switch label="Keep" isSelected onChange={() => {}} />
        <Select label="Camera" choices={[]} value={null} onChange={() => {}} placeholder="None found" />
      </main>,
    );
    expect(await violations(container)).toEqual([]);
    expect(screen.getByLabelText('Name').getAttribute('aria-invalid')).toBe('true');
  });
});
