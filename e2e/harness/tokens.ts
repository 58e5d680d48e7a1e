/** Tokens as any LiveKit server SDK makes them. */
import { AccessToken, type VideoGrant } from 'livekit-server-sdk';
import { API_KEY, API_SECRET } from './server.ts';

export interface TokenOptions {
  grant?: Partial<VideoGrant>;
  name?: string;
  ttlSeconds?: number;
  /** `agent` for a program that speaks for others. */
  kind?: string;
  key?: string;
  secret?: string;
}

export async function token(room: string, identity: string, options: TokenOptions = {}): Promise<string> {
  const made = new AccessToken(options.key ?? API_KEY, options.secret ?? API_SECRET, {
    identity,
    name: options.name ?? identity,
    ttl: options.ttlSeconds ?? 3600,
  });
  made.addGrant({ roomJoin: true, room, canUpdateOwnMetadata: true, ...options.grant });
  if (options.kind !== undefined) made.kind = options.kind;
  return made.toJwt();
}
