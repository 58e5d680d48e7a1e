/** What the server says becomes lines; what others say in its name does not. */
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeRoom } from '../testing/fake-room';
import { bob, person } from '../testing/people';
import { Captions } from './captions-part';

let room: FakeRoom;
let captions: Captions;

beforeEach(() => {
  room = new FakeRoom();
  captions = new Captions(
    () => room,
    (identity) => [bob, person('B0b', { isLookalike: true })].find((one) => one.identity === identity),
    { captions: true, language: null },
  );
  captions.listen(room);
});

describe('lines', () => {
  it('carry the speaker’s name, and how much of a partial stays', () => {
    room.say('bob', 'And so', 's1', { certain: 3 });
    room.say('bob', 'Good morning.', 's2', { final: true });
    expect(captions.view().lines).toMatchObject([
      { segment: 's1', identity: 'bob', name: 'Bob', text: 'And so', certain: 3, final: false },
      { segment: 's2', text: 'Good morning.', certain: 13, final: true },
    ]);
  });

  it('say whose name looks like that of another, when they began, and which are in the transcript', () => {
    room.say('b0b', 'I agree.', 's2', { startedAt: 2_000, final: true });
    room.say('bob', 'Do we agree?', 's1', { startedAt: 1_000, final: true, kept: true });
    expect(captions.view().lines).toMatchObject([
      { name: 'Bob', isLookalike: false, startedAt: 1_000, kept: true },
      { name: 'B0b', isLookalike: true, startedAt: 2_000, kept: false },
    ]);
  });

  it('are not replaced by somebody else who names the same segment', () => {
    room.say('bob', 'We agree on plan B', 's1');
    room.say('eve', 'We agree on plan A', 's1', { final: true });
    room.say('bob', 'We agree on plan B.', 's1', { final: true });
    expect(captions.view().lines.map(({ identity, text }) => [identity, text])).toEqual([
      ['bob', 'We agree on plan B.'],
      ['eve', 'We agree on plan A'],
    ]);
  });

  it('are the server’s word, and not an agent’s', () => {
    room.sayAsAgent('bob', 'We agree on plan A', 's1');
    room.say('bob', 'We agree on plan B', 's1');
    expect(captions.view().lines).toMatchObject([{ text: 'We agree on plan B' }]);
  });

  it('of a former connection come too late', () => {
    const former = room;
    room = new FakeRoom();
    former.say('bob', 'Old words', 's1', { final: true });
    expect(captions.view().lines).toEqual([]);
  });
});

describe('the server’s state', () => {
  it.each([
    ['{"behind":true}', 'late'],
    ['{ "behind": true, "queue_ms": 1200 }', 'late'],
    ['{ "lost": true, "behind": true }', 'losing'],
    ['{"behind":true,"lost":"true"}', 'late'],
    ['{"behind":false}', 'in-time'],
    ['{"behind":false,"lost":true}', 'in-time'],
    ['{"behind":"true"}', 'in-time'],
    ['null', 'in-time'],
    ['behind', 'in-time'],
  ])('%s is %s', (status, load) => {
    room.sayStatus(load === 'in-time' ? '{"behind":true}' : '{"behind":false}');
    room.sayStatus(status);
    expect(captions.view().load).toBe(load);
  });

  it('is not for a participant to say', () => {
    room.sayStatus('{"behind":true}', 'eve');
    expect(captions.view().load).toBe('in-time');
  });
});
