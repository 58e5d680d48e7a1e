/** Addresses that lead nowhere but to the machine that one sits at. */
import { describe, expect, it } from 'vitest';
import { isThisMachineOnly } from './paths';

describe('isThisMachineOnly', () => {
  it.each([
    ['localhost', true],
    ['visio.localhost', true],
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['[::1]', true],
    ['192.0.2.7', false],
    ['visio.example', false],
    ['localhost.example', false],
    ['127.0.0.1.example', false],
  ])('%s: %s', (hostname, expected) => {
    expect(isThisMachineOnly(hostname)).toBe(expected);
  });
});
