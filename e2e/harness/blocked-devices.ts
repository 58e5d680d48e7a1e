/** Runs in a page before anything else: its browser gives it neither a microphone nor a camera. */
export function blockDevices(): void {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
  navigator.mediaDevices.enumerateDevices = () => Promise.resolve([]);
}
