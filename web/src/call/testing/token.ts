/** Tokens as the server signs them, but for the signature: Alice's, until a second of Unix time. */
export function tokenUntil(exp: number): string {
  // A name whose bytes need both letters in which base64url differs from base64.
  const claims = JSON.stringify({ sub: 'alice', exp, name: 'Zo?~>>??' });
  return `header.${btoa(claims).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}.signature`;
}
