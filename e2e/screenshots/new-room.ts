/** A room with the name and the settings that a picture needs; answers its link. */
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
