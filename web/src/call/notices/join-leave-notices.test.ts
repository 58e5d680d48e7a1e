/** People come and go; the notices stay few. */
import { describe, expect, it } from 'vitest';
import { JoinLeaveNotices } from './join-leave-notices';

describe('JoinLeaveNotices', () => {
  it('mentions Bob shortly after he joins, once', () => {
    const notices = new JoinLeaveNotices();
    notices.joined('bob', 'Bob', 0);
    expect(notices.deadline()).toBe(800);
    expect(notices.due(799)).toEqual([]);
    expect(notices.due(800)).toEqual([{ kind: 'joined', names: ['Bob'] }]);
    expect([notices.due(10_000), notices.deadline()]).toEqual([[], null]);
  });

  it('gathers those who arrive together', () => {
    const notices = new JoinLeaveNotices();
    for (const [i, name] of ['Bob', 'Carol', 'Dave'].entries()) notices.joined(name, name, i * 300);
    expect(notices.due(900)).toEqual([{ kind: 'joined', names: ['Bob', 'Carol', 'Dave'] }]);
  });

  it('says nothing when Carol reloads her page', () => {
    const notices = new JoinLeaveNotices();
    notices.left('carol', 'Carol', 0);
    notices.joined('carol', 'Carol', 2_500);
    expect([notices.deadline(), notices.due(60_000)]).toEqual([null, []]);
  });

  it('mentions Dave when he stays away', () => {
    const notices = new JoinLeaveNotices();
    notices.left('dave', 'Dave', 0);
    expect(notices.due(3_999)).toEqual([]);
    expect(notices.due(4_000)).toEqual([{ kind: 'left', names: ['Dave'] }]);
  });

  it('says nothing of someone who looked in for half a second', () => {
    const notices = new JoinLeaveNotices();
    notices.joined('eve', 'Eve', 0);
    notices.left('eve', 'Eve', 500);
    expect(notices.due(60_000)).toEqual([]);
  });

  it('keeps Bob and another Bob apart', () => {
    const notices = new JoinLeaveNotices();
    notices.left('bob-1', 'Bob', 0);
    notices.joined('bob-2', 'Bob', 100);
    expect(notices.due(900)).toEqual([{ kind: 'joined', names: ['Bob'] }]);
  });

  it('forgets everything on clear', () => {
    const notices = new JoinLeaveNotices();
    notices.joined('bob', 'Bob', 0);
    notices.clear();
    expect(notices.due(60_000)).toEqual([]);
  });
});
