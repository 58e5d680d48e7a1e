/** Which of two access tokens of one call to keep: the server's renewed ones live minutes, the first of a join hours. */

/** The one that runs out last; `newer` where they say nothing of it. */
export function lastingToken(older: string, newer: string): string {
  return expiryOf(older) > expiryOf(newer) ? older : newer;
}

/** `exp` of RFC 7519, 4.1.4, in seconds; nought where the token is not readable. */
function expiryOf(token: string): number {
  try {
    const payload = token.split('.')[1] ?? '';
    const claims: { exp?: unknown } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof claims.exp === 'number' ? claims.exp : 0;
  } catch {
    return 0;
  }
}
