/** Rooms and their people, by the calls of the API that the page makes. */

/** A room with that name and those settings; answers its link. */
export async function newRoom(url: string, room: { name: string; transcript?: 'ask' }): Promise<string> {
  const answer = await fetch(`${url}/api/v1/rooms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(room),
  });
  if (!answer.ok) throw new Error(`new room: ${answer.status} ${await answer.text()}`);
  const { code } = (await answer.json()) as { code: string };
  return `${url}/r/${code}`;
}

/** Comes by the link of a room as the page does; answers the token with which a client connects. */
export async function tokenOf(link: string, name: string): Promise<string> {
  const { origin, pathname } = new URL(link);
  const answer = await fetch(`${origin}/api/v1/rooms/${pathname.split('/').at(-1)}/join`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  if (!answer.ok) throw new Error(`join: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { token: string }).token;
}
