/** What can stop one, each kind a page with words of its own. */
export type ErrorKind =
  | 'page-not-found'
  | 'not-found'
  | 'transcript-not-found'
  | 'transcript-not-yet'
  | 'transcript-deleted'
  | 'no-calls'
  | 'name-refused'
  | 'refused'
  | 'removed'
  | 'closed'
  | 'elsewhere'
  | 'unreachable'
  | 'server-failed'
  | 'broken';

/** Where trying again means something of its own. */
export const OWN_RETRY = ['refused', 'name-refused', 'elsewhere', 'broken'] as const;

/** What happens to somebody in the middle of a call; all others follow something they did. */
export const UNASKED: readonly ErrorKind[] = [
  'refused',
  'removed',
  'closed',
  'elsewhere',
  'unreachable',
  'server-failed',
];

/** What the operator of the server can do something about. */
export const FAULTS: readonly ErrorKind[] = ['no-calls', 'refused', 'unreachable', 'server-failed', 'broken'];
