/** Finds out whether this browser, on this page, can take part in a call at all. */

/** `no-calls`: no WebRTC, or a browser too old for this page's colours. `insecure`: no camera and microphone because the page came without TLS. */
export type MissingCapability = 'no-calls' | 'insecure';

export function missingCapability(browser: typeof globalThis = globalThis): MissingCapability | null {
  if (typeof browser.RTCPeerConnection !== 'function' || typeof browser.WebSocket !== 'function')
    return 'no-calls';
  // Without it every colour is invalid: black on black. `tokens.css` has plain colours for the page that says so.
  if (browser.CSS?.supports?.('color', 'light-dark(#000, #fff)') === false) return 'no-calls';
  if (browser.navigator.mediaDevices === undefined) return 'insecure';
  return null;
}
