/** Only the browser that started a transcript knows how to delete it. */
import { afterEach, expect, it } from 'vitest';
import { deletionCodeOf, forgetDeletion, rememberDeletion } from './deletion-codes';

afterEach(() => localStorage.clear());

it('remembers how to delete what was started here, and forgets it when it is deleted', () => {
  rememberDeletion('tr1', 'd1');
  rememberDeletion('tr2', 'd2');
  rememberDeletion('tr1', 'd3');
  expect([deletionCodeOf('tr1'), deletionCodeOf('tr2'), deletionCodeOf('tr3')]).toEqual(['d3', 'd2', null]);
  forgetDeletion('tr1');
  expect(deletionCodeOf('tr1')).toBeNull();
});

it('takes what somebody else left in the storage for nothing', () => {
  for (const left of ['nonsense', '{}', '[["tr1"],[1,2]]']) {
    localStorage.setItem('visio.deletion-codes', left);
    expect(deletionCodeOf('tr1')).toBeNull();
  }
});
