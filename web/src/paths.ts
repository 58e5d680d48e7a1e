/** The addresses of the client's screens: paths to them are built here and nowhere else. */

export const homePath = () => '/';
export const roomPath = (code: string) => `/r/${code}`;
/** Whether links of this page open on the machine that it runs on, and nowhere else. */
export const isThisMachineOnly = (hostname: string): boolean =>
  /^(.*\.)?localhost$|^127(\.\d+){3}$|^\[::1\]$/.test(hostname);
export const transcriptPath = (transcript: string) => `/t/${transcript}`;
