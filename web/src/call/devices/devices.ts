/** Rules about cameras, microphones and what stands in their way. */

export type DeviceKind = 'audioinput' | 'videoinput' | 'audiooutput';

/** What the person sends: a microphone or a camera. */
export type OwnDevice = Exclude<DeviceKind, 'audiooutput'>;

export interface Device {
  id: string;
  label: string;
}

/** Why a device gives nothing; each has its own words and way on. */
export type DeviceProblem = 'blocked' | 'missing' | 'busy' | 'insecure' | 'gone' | 'failed';

/** Devices of one kind. Before permission browsers list one nameless entry, which is no choice to offer. */
export function devicesOf(all: readonly MediaDeviceInfo[], kind: DeviceKind): Device[] {
  return all
    .filter((device) => device.kind === kind && device.deviceId !== '')
    .map(({ deviceId, label }, index) => ({ id: deviceId, label: cleanLabel(label) || `${index + 1}` }));
}

/** The wanted device while it is plugged in, else the system's choice, which browsers list first. */
export function chooseDevice(devices: readonly Device[], wanted: string | null): string | null {
  const here = devices.some((device) => device.id === wanted);
  return here ? wanted : (devices[0]?.id ?? null);
}

/** Chromium appends the USB vendor and product, as in "Logi C920 (046d:0892)". */
export function cleanLabel(label: string): string {
  return label.replace(/\s*\([0-9a-f]{4}:[0-9a-f]{4}\)$/i, '').trim();
}

/** What a failed getUserMedia means; `devicesReachable` is false where the page is not served securely. */
export function deviceProblem(errorName: string, devicesReachable: boolean): DeviceProblem {
  if (!devicesReachable) return 'insecure';
  switch (errorName) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'blocked';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'failed';
  }
}

/** Why no screen is shared: the person closed the chooser, the system forbids it, or it did not work out. */
export type ShareProblem = 'closed' | 'forbidden' | 'failed';

export function shareProblem(name: string, message: string): ShareProblem {
  switch (name) {
    case 'NotAllowedError':
      return /system/i.test(message) ? 'forbidden' : 'closed';
    // What Firefox and Chromium say of a screen that the system keeps to itself.
    case 'NotFoundError':
    case 'NotReadableError':
      return 'forbidden';
    default:
      return 'failed';
  }
}

/** The name of whatever was thrown; a DOMException is not an Error everywhere. */
export function errorName(cause: unknown): string {
  const name = (cause as { name?: unknown } | null)?.name;
  return typeof name === 'string' ? name : '';
}

/** What a thrown value means for the person. */
export function problemOf(cause: unknown): DeviceProblem {
  return deviceProblem(errorName(cause), navigator.mediaDevices !== undefined);
}
