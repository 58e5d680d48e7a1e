/** The stage with one, two, many people, and a shared screen, on a desk and on a phone. */
import { describe, expect, it } from 'vitest';
import { type Arrangement, arrangeStage, type StageWishes, tilesOf } from './stage';
import { alice, bob, carol, dave, person, picture } from './testing/people';

const desk: StageWishes = {
  width: 1280,
  height: 720,
  pinned: null,
  mainSpeaker: null,
  selfHidden: false,
  page: 0,
};
const phone: StageWishes = { ...desk, width: 344, height: 600 };
const crowd = Array.from({ length: 60 }, (_, i) => person(`Guest${i}`));
const sharing = { ...bob, screen: picture('slides') };

const roles = ({ placements }: Arrangement) => placements.map(({ tile, role }) => `${tile.id} ${role}`);

function expectInside({ placements }: Arrangement, { width, height }: StageWishes) {
  for (const { tile, x, y, ...size } of placements) {
    const box = [x >= 0, y >= 0, x + size.width <= width + 0.5, y + size.height <= height + 0.5];
    expect(box, tile.id).toEqual([true, true, true, true]);
  }
}

describe('arrangeStage', () => {
  it('gives Alice the stage while she is alone, even with her own view hidden', () => {
    expect(roles(arrangeStage(tilesOf([alice]), { ...desk, selfHidden: true }))).toEqual(['alice grid']);
  });

  it('shows Bob large and Alice small in the corner', () => {
    const stage = arrangeStage(tilesOf([alice, bob]), desk);
    expect(roles(stage)).toEqual(['bob main', 'alice float']);
    expectInside(stage, desk);
  });

  it('puts three and more in a grid, oneself last', () => {
    expect(roles(arrangeStage(tilesOf([alice, bob, carol]), desk))).toEqual([
      'bob grid',
      'carol grid',
      'alice grid',
    ]);
  });

  it('hides the self view on wish', () => {
    expect(roles(arrangeStage(tilesOf([alice, bob, carol]), { ...desk, selfHidden: true }))).toEqual([
      'bob grid',
      'carol grid',
    ]);
  });

  it('gives the stage to a shared screen and puts people in a strip', () => {
    const stage = arrangeStage(tilesOf([alice, sharing, carol]), desk);
    expect(roles(stage)).toEqual(['bob/screen main', 'bob strip', 'carol strip', 'alice strip']);
    expectInside(stage, desk);
    expect(stage.placements[0]?.width).toBeGreaterThan(1000);
  });

  it('lets a pinned person outrank the shared screen', () => {
    const stage = arrangeStage(tilesOf([alice, sharing, carol]), { ...desk, pinned: 'carol' });
    expect(roles(stage)[0]).toBe('carol main');
  });

  it('shows the latest of two shared screens', () => {
    const stage = arrangeStage(tilesOf([alice, sharing, { ...dave, screen: picture('plan') }]), desk);
    expect(roles(stage)[0]).toBe('dave/screen main');
  });

  it('keeps whoever speaks in a strip too short for all', () => {
    const wishes = { ...phone, mainSpeaker: 'dave' };
    const stage = arrangeStage(tilesOf([sharing, carol, alice, dave]), wishes);
    expect(roles(stage)).toEqual(['bob/screen main', 'bob strip', 'dave strip']);
    expectInside(stage, wishes);
  });

  it('turns pages beyond twenty-five on a desk and eight on a phone, and brings the speaker to the first', () => {
    const tiles = tilesOf(crowd);
    const first = arrangeStage(tiles, { ...desk, mainSpeaker: 'guest59' });
    expect([first.pages, first.placements.length, first.placements.at(-1)?.tile.id]).toEqual([
      3,
      25,
      'guest59',
    ]);
    expect(arrangeStage(tiles, { ...desk, page: 2 }).placements).toHaveLength(10);
    expect(arrangeStage(tiles, phone).pages).toBe(8);
  });

  it('turns back when people leave and the page is gone', () => {
    expect(arrangeStage(tilesOf(crowd.slice(0, 30)), { ...desk, page: 9 }).page).toBe(1);
  });

  it('keeps all tiles on any stage', () => {
    for (let count = 1; count <= 25; count += 1) {
      expectInside(arrangeStage(tilesOf(crowd.slice(0, count)), desk), desk);
      expectInside(arrangeStage(tilesOf(crowd.slice(0, count)), phone), phone);
    }
  });
});
