/** Finds out whether this browser, on this page, can take part in a call at all. */

/** `no-calls`: no WebRTC. `insecure`: no camera and microphone because the page came without TLS. */
export type MissingCapability = 'no-calls' | 'insecure';

export function missingCapability(browser: typeof globalThis = globalThis): MissingCapability | null {
  if (typeof browser.RTCPeerConnection !== 'function' || typeof browser.WebSocket !== 'function')
    return 'no-calls';
  if (browser.navigator.mediaDevices === undefined) return 'insecure';
  return null;
}
