/** The way into a room, and the words for its failing. */
import { ConnectionError, ConnectionErrorReason, DisconnectReason, type Room } from 'livekit-client';
import { Problem } from '../../api/problem';

export async function connect(room: Room, url: string, token: string): Promise<void> {
  try {
    await room.connect(url, token, { maxRetries: 0 });
  } catch (cause) {
    if (!(cause instanceof ConnectionError)) throw cause;
    throw new Problem(failureCode(cause), refusedStatus(cause), cause.message);
  }
}

/** The reason of the server, where it sent the client away instead of letting it in. */
function failureCode({ reason, reasonName: name, context }: ConnectionError): string {
  const sentAway = reason === ConnectionErrorReason.LeaveRequest;
  return (sentAway && reasonName(context as DisconnectReason | undefined)) || `signal_${name.toLowerCase()}`;
}

/** Only a refusal of the token is final; every other failure on the way in is the connection's or the server's. */
function refusedStatus(error: ConnectionError): number {
  return error.reasonName === 'NotAllowed' ? (error.status ?? 401) : 0;
}

export function reasonName(reason: DisconnectReason | undefined): string | undefined {
  return reason === undefined ? undefined : DisconnectReason[reason];
}
