/** What a call does about each thing that can happen to its connection, on a timeline. */
import { describe, expect, it } from 'vitest';
import { Problem } from '../api/problem';
import { type ConnectionEvent, type ConnectionState, step } from './connection';

const former = { identity: 'alice', token: 't1' };
const START: ConnectionState = {
  phase: { kind: 'joining', since: 0, problem: null },
  former: null,
  failures: 0,
};
const busy = new Problem('server_full', 503, '');

/** Plays events at their times; answers the phases and the actions that each led to. */
function play(timeline: readonly (readonly [number, ConnectionEvent])[], start = START) {
  let state = start;
  const log = timeline.map(([now, event]) => {
    const next = step(state, event, now, 0);
    state = next.state;
    return [state.phase.kind, ...next.actions.map((action) => action.kind)].join(' ');
  });
  return { log, state };
}

const IN: [number, ConnectionEvent][] = [
  [100, { kind: 'admitted', former }],
  [300, { kind: 'connected' }],
];

describe('step', () => {
  it('joins, and is repaired by the library without a new join', () => {
    const { log } = play([...IN, [5_000, { kind: 'reconnecting' }], [6_000, { kind: 'reconnected' }]]);
    expect(log).toEqual(['joining', 'live', 'reconnecting', 'live']);
  });

  it('joins again under the same identity when the library gives up, counted from the first silence', () => {
    const { log, state } = play([
      ...IN,
      [5_000, { kind: 'reconnecting' }],
      [7_000, { kind: 'disconnected', reason: undefined }],
    ]);
    expect(log.at(-1)).toBe('rejoining join');
    expect(state).toMatchObject({ phase: { since: 5_000, problem: null }, former });
  });

  it('tries ever more slowly while the server is full, and at once when the person asks', () => {
    let state = START;
    const delays = [0, 1, 2, 3, 4, 5].map(() => {
      const next = step(state, { kind: 'join-failed', problem: busy }, 0, 1);
      state = next.state;
      const [action] = next.actions;
      return action?.kind === 'join' ? action.delayMs : null;
    });
    expect(delays).toEqual([400, 800, 1_600, 3_200, 5_000, 5_000]);
    expect(state.phase).toMatchObject({ kind: 'joining', problem: busy });
    expect(step(state, { kind: 'retry' }, 0, 1).actions).toEqual([{ kind: 'join', delayMs: 0 }]);
    expect(step(state, { kind: 'connected' }, 0, 1).state.failures).toBe(0);
  });

  it('becomes a new person when the old token is not believed', () => {
    const refused = new Problem('token_invalid', 401, '');
    const { log, state } = play(
      [
        [0, { kind: 'join-failed', problem: refused }],
        [1, { kind: 'join-failed', problem: refused }],
      ],
      { ...START, former },
    );
    expect(log).toEqual(['joining join', 'over close']);
    expect(state.former).toBeNull();
  });

  it('gives the library a moment when the network is back, in this interruption and no later one', () => {
    const { log } = play([
      ...IN,
      [1_000, { kind: 'reconnecting' }],
      [2_000, { kind: 'network-returned' }],
      [2_500, { kind: 'reconnected' }],
      [4_000, { kind: 'reconnecting' }],
      [5_000, { kind: 'grace-over', since: 1_000 }],
      [6_000, { kind: 'grace-over', since: 4_000 }],
    ]);
    expect(log.slice(2)).toEqual([
      'reconnecting',
      'reconnecting wait',
      'live',
      'reconnecting',
      'reconnecting',
      'rejoining join',
    ]);
  });

  it.each([
    ['PARTICIPANT_REMOVED', 'removed'],
    ['DUPLICATE_IDENTITY', 'elsewhere'],
    ['ROOM_DELETED', 'closed'],
  ])('ends on %s, and a reload does not come back', (reason, ending) => {
    const { log, state } = play([...IN, [1_000, { kind: 'disconnected', reason }]]);
    expect([log.at(-1), state.phase]).toEqual(['over close forget', { kind: 'over', ending }]);
  });

  it.each<ConnectionEvent>([
    { kind: 'connected' },
    { kind: 'reconnecting' },
    { kind: 'disconnected', reason: undefined },
    { kind: 'join-failed', problem: busy },
    { kind: 'retry' },
    { kind: 'network-returned' },
    { kind: 'left' },
  ])('stays ended on %j', (event) => {
    const { state } = play([...IN, [1_000, { kind: 'disconnected', reason: 'ROOM_DELETED' }]]);
    expect(step(state, event, 2_000, 0)).toEqual({ state, actions: [] });
  });

  it('does nothing on impatience while all is well', () => {
    const { log } = play([...IN, [400, { kind: 'retry' }], [500, { kind: 'network-returned' }]]);
    expect(log.slice(2)).toEqual(['live', 'live']);
  });

  it('is left at the door too', () => {
    expect(play([[50, { kind: 'left' }]]).log).toEqual(['left close forget']);
  });
});
