/** Tests that Visio does not pass yet, each with the issue it waits for, or why it waits for none. One that passes must leave this list. */
export interface Later {
  suite: string;
  /** A test and all below it. */
  test: string;
  issue: string;
}

export const later: Later[] = [
  { suite: 'server-sdk-go', test: 'TestForceTLS', issue: '#6 TURN over TLS' },
  { suite: 'livekit-server', test: 'TestSingleNodeCORS', issue: 'none: pages of other origins may call /rtc and /twirp, not the page' },
  { suite: 'livekit-server', test: 'TestDeviceCodecOverride', issue: '#6 codecs by device' },
  { suite: 'livekit-server', test: 'TestSinglePublisherDataTrack', issue: '#6 data tracks' },
  { suite: 'livekit-server', test: 'TestSingleNodeUpdateSubscriptionPermissions', issue: '#6 data tracks' },
  { suite: 'livekit-server', test: 'TestMultinodeDataPublishing/scenarioDataTracksPublishingUponJoining', issue: '#6 data tracks' },
];

export const waitsFor = (suite: string, test: string): Later | undefined =>
  later.find((one) => one.suite === suite && (test === one.test || test.startsWith(`${one.test}/`)));
