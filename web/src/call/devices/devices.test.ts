/** Alice plugs and unplugs things. */
import { describe, expect, it } from 'vitest';
import { chooseDevice, deviceProblem, devicesOf, shareProblem } from './devices';

const device = (kind: MediaDeviceKind, deviceId: string, label: string) =>
  ({ kind, deviceId, label, groupId: '' }) as MediaDeviceInfo;

const desk = [
  device('audioinput', 'default', 'Default'),
  device('audioinput', 'usb', 'Headset (046d:0a44)'),
  device('videoinput', 'cam', 'C920 HD (046d:0892)'),
  device('audiooutput', 'speaker', ''),
];

describe('devicesOf', () => {
  it('lists one kind, without hardware numbers in the name', () => {
    expect(devicesOf(desk, 'videoinput')).toEqual([{ id: 'cam', label: 'C920 HD' }]);
  });

  it('numbers a device without a name', () => {
    expect(devicesOf(desk, 'audiooutput')).toEqual([{ id: 'speaker', label: '1' }]);
  });

  it('offers nothing before permission is given', () => {
    expect(devicesOf([device('audioinput', '', '')], 'audioinput')).toEqual([]);
  });
});

describe('chooseDevice', () => {
  const microphones = devicesOf(desk, 'audioinput');

  it('keeps the headset while it is plugged in', () => {
    expect(chooseDevice(microphones, 'usb')).toBe('usb');
  });

  it('falls back to the system choice when it is pulled', () => {
    expect(chooseDevice(microphones.slice(0, 1), 'usb')).toBe('default');
    expect(chooseDevice([], 'usb')).toBeNull();
  });
});

describe('deviceProblem', () => {
  it.each([
    ['NotAllowedError', 'blocked'],
    ['NotFoundError', 'missing'],
    ['OverconstrainedError', 'missing'],
    ['NotReadableError', 'busy'],
    ['TypeError', 'failed'],
  ])('%s is %s', (name, problem) => {
    expect(deviceProblem(name, true)).toBe(problem);
  });

  it('blames the missing TLS before anything else', () => {
    expect(deviceProblem('TypeError', false)).toBe('insecure');
  });
});

describe('shareProblem', () => {
  it.each([
    ['NotAllowedError', 'Permission denied', 'closed'],
    ['NotAllowedError', 'Permission denied by system', 'forbidden'],
    ['NotReadableError', 'Could not start video source', 'forbidden'],
    ['Error', 'publication timed out', 'failed'],
  ])('%s (%s) is %s', (name, message, problem) => {
    expect(shareProblem(name, message)).toBe(problem);
  });
});
