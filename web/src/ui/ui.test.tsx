/** The pieces that every screen is made of. */
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Copy } from 'lucide-react';
import { describe, expect, it, vi } from 'vitest';
import { violations } from '../test-axe';
import { Button } from './Button';
import { CopyButton } from './CopyButton';
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
