/** Tokens that must not open the door, and that the answer helps without telling too much. */
import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { API_KEY, API_SECRET } from '../../harness/server.ts';
import { token } from '../../harness/tokens.ts';
import { assert } from '../../harness/waiting.ts';
import { BOTH, group, row, type Row } from '../row.ts';
import type { Stage } from '../stage.ts';

interface Refusal {
  status: number;
  text: string;
}

const bad: Record<string, (room: string) => Promise<string>> = {
  'no token': () => Promise.resolve(''),
  'not a token': () => Promise.resolve('not.a.token'),
  'expired': (room) => Promise.resolve(signed(room, { exp: now() - 120, nbf: now() - 240 })),
  'not valid yet': (room) => Promise.resolve(signed(room, { nbf: now() + 600, exp: now() + 1200 })),
  'alg: none': (room) => Promise.resolve(unsigned(room)),
  'wrong secret': (room) => token(room, 'Eve', { secret: 'another_secret_another_secret_another_secret' }),
  'unknown key': (room) => token(room, 'Eve', { key: 'nobody' }),
  'no room': () => token('', 'Eve'),
  'without roomJoin': (room) => token(room, 'Eve', { grant: { roomJoin: false } }),
};

export const refusals = group('refusals', BOTH, (stage) => Promise.resolve(stage), Object.entries(bad).map(refusalRow));

function refusalRow([name, make]: [string, (room: string) => Promise<string>]): Row<Stage> {
  return row(name, async (stage) => {
    const access = await make(stage.room);
    const raw = await upgrade(`${stage.server.url}/rtc?access_token=${access}&protocol=16&sdk=js&auto_subscribe=1`);
    assert(raw.status === 401 || raw.status === 403, `the WebSocket is refused with 401 or 403 (${raw.status} ${raw.text})`);
    assert(raw.text.trim().length > 3, `the answer says why (${raw.text})`);
    assert(access.length < 20 || !raw.text.includes(access), 'the answer does not repeat the token');
    const said = await clientRefusal(stage, access);
    return `${raw.status} “${raw.text.trim().slice(0, 80)}”; client: ${said.slice(0, 80)}`;
  });
}

/** What the real client makes of the refusal; it must end at once and not go round trying. */
async function clientRefusal(stage: Stage, access: string): Promise<string> {
  const eve = await stage.page('Eve');
  const started = Date.now();
  const said = await eve.page.evaluate(
    async ([url, access, single]) => {
      try {
        await peer.join(url, access, { room: { singlePeerConnection: single } });
        return null;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
    [stage.server.signalUrl, access || 'x', stage.generation === 'v1'] as const,
  );
  await eve.close();
  assert(said !== null, 'the client did not get in');
  assert(Date.now() - started < 10_000, 'the client gave up soon');
  return said;
}

/** A WebSocket handshake by hand, to see the very answer. */
function upgrade(url: string): Promise<Refusal> {
  return new Promise((resolve, reject) => {
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const asked = request(url, { headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on('upgrade', (_, socket) => {
      socket.destroy();
      resolve({ status: 101, text: '' });
    });
    asked.on('error', reject);
    asked.end();
  });
}

const now = (): number => Math.floor(Date.now() / 1000);

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const claims = (room: string, times: object): object => ({
  iss: API_KEY,
  sub: 'Eve',
  ...times,
  video: { roomJoin: true, room },
});

function signed(room: string, times: object): string {
  const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims(room, times))}`;

  return `${body}.${createHmac('sha256', API_SECRET).update(body).digest('base64url')}`;
}

const unsigned = (room: string): string =>
  `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims(room, { nbf: now() - 60, exp: now() + 600 }))}.`;
