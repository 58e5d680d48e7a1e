/** The addresses of the client's screens: paths to them are built here and nowhere else. */

export const homePath = () => '/';
export const roomPath = (code: string) => `/r/${code}`;
export const transcriptPath = (transcript: string) => `/t/${transcript}`;
