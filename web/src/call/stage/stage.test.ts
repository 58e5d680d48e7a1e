/** The stage with one, two, many people, and a shared screen, on a desk and on a phone. */
import { describe, expect, it } from 'vitest';
import type { Person } from '../link';
import { alice, bob, carol, dave, person, picture } from '../testing/people';
import type { Arrangement, StageWishes } from './arrangement';
import { arrangeStage } from './stage';
import { tilesOf as tilesInOrder } from './tiles';

const desk: StageWishes = {
  width: 1280,
  height: 720,
  pinned: null,
  mainSpeaker: null,
  selfHidden: false,
  self: { corner: 'bottom-right', minimised: false },
  page: 0,
  aspects: new Map([
    ['slides', 16 / 9],
    ['plan', 16 / 9],
  ]),
};
const phone: StageWishes = { ...desk, width: 344, height: 600 };
const crowd = Array.from({ length: 60 }, (_, i) => person(`Guest${i}`));
const sharing = { ...bob, screen: picture('slides') };

const tilesOf = (people: Person[], shared: string[] = []) => tilesInOrder(people, shared);
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

  it('cuts nothing off the picture of the one other person, whatever its shape', () => {
    const filmed = { ...bob, camera: picture('b') };
    const box = (aspect: number, room: StageWishes) => {
      const stage = arrangeStage(tilesOf([alice, filmed]), { ...room, aspects: new Map([['b', aspect]]) });
      expectInside(stage, room);
      const { x = 0, width = 0, height = 0 } = stage.placements[0] ?? {};
      expect(Math.abs(room.width - width - 2 * x)).toBeLessThan(1);
      return (width / height).toFixed(2);
    };
    expect(box(16 / 9, { ...desk, height: 480 })).toBe('1.78');
    expect(box(4 / 3, desk)).toBe('1.33');
    expect(box(9 / 16, desk)).toBe('0.56');
    expect(box(9 / 16, phone)).toBe('0.56');
    // Upright, a wide picture is cropped square rather than a stripe.
    expect(box(16 / 9, phone)).toBe('1.00');
  });

  it('gives two others the stage, and puts four and more in a grid, oneself last', () => {
    expect(roles(arrangeStage(tilesOf([alice, bob, carol]), desk))).toEqual([
      'bob grid',
      'carol grid',
      'alice float',
    ]);
    expect(roles(arrangeStage(tilesOf([alice, bob, carol, dave]), desk))).toEqual([
      'bob grid',
      'carol grid',
      'dave grid',
      'alice grid',
    ]);
  });

  it.each(['top-left', 'top-right', 'bottom-left', 'bottom-right'] as const)(
    'keeps her own picture within the frame of the others, in the %s',
    (corner) => {
      for (const [people, room] of [
        [[alice, bob], { ...desk, width: 1280, height: 560 }],
        [[alice, bob, carol], desk],
        [[alice, bob], phone],
      ] as const) {
        const { placements } = arrangeStage(tilesOf([...people]), {
          ...room,
          self: { corner, minimised: false },
        });
        const float = placements.at(-1);
        const others = placements.slice(0, -1);
        const left = Math.min(...others.map(({ x }) => x));
        const right = Math.max(...others.map(({ x, width }) => x + width));
        expect(float?.role).toBe('float');
        expect(float?.x).toBeGreaterThanOrEqual(left + 12);
        expect((float?.x ?? 0) + (float?.width ?? 0)).toBeLessThanOrEqual(right - 12);
      }
    },
  );

  it('makes her own picture small on wish', () => {
    const self = { corner: 'bottom-right', minimised: true } as const;
    expect(arrangeStage(tilesOf([alice, bob]), { ...desk, self }).placements[1]).toMatchObject({ width: 56 });
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

  it('keeps everybody in their place until the first frame of a shared screen', () => {
    const before = arrangeStage(tilesOf([alice, bob, carol]), desk);
    const coming = arrangeStage(tilesOf([alice, sharing, carol]), { ...desk, aspects: new Map() });
    expect(
      coming.placements.filter(({ role }) => role !== 'coming').map(({ x, y, width }) => [x, y, width]),
    ).toEqual(before.placements.map(({ x, y, width }) => [x, y, width]));
    expect(roles(coming).at(-1)).toBe('bob/screen coming');
    expect(coming.placements.at(-1)).toMatchObject({ width: 1280, height: 720 });
    const plan = { ...dave, screen: picture('plan') };
    const second = { ...desk, aspects: new Map([['slides', 16 / 9]]) };
    expect(roles(arrangeStage(tilesOf([alice, sharing, plan], ['bob', 'dave']), second))[0]).toBe(
      'bob/screen main',
    );
  });

  it('lets a pinned person outrank the shared screen', () => {
    const stage = arrangeStage(tilesOf([alice, sharing, carol]), { ...desk, pinned: 'carol' });
    expect(roles(stage)[0]).toBe('carol main');
  });

  it('shows the latest of two shared screens in whatever order people sit', () => {
    const people = [alice, sharing, { ...dave, screen: picture('plan') }];
    expect(roles(arrangeStage(tilesOf(people, ['bob', 'dave']), desk))).toContain('dave/screen main');
    expect(roles(arrangeStage(tilesOf(people, ['dave', 'bob']), desk))).toContain('bob/screen main');
  });

  it("never lets Alice's own screen take the stage from others, unless she pins it", () => {
    const self = { ...alice, screen: picture('mine') };
    const withBob = tilesOf([self, bob]);
    expect(roles(arrangeStage(withBob, desk))).toEqual(['bob main', 'alice/screen strip', 'alice strip']);
    expect(roles(arrangeStage(withBob, { ...desk, pinned: 'alice/screen' }))[0]).toBe('alice/screen main');
    expect(roles(arrangeStage(tilesOf([self, bob, carol]), desk))).toEqual([
      'bob grid',
      'carol grid',
      'alice/screen grid',
      'alice grid',
    ]);
    const bothShare = tilesOf([self, sharing], ['bob', 'alice']);
    expect(roles(arrangeStage(bothShare, desk))[0]).toBe('bob/screen main');
  });

  it('keeps who speaks in a strip too short for all', () => {
    const wishes = { ...phone, mainSpeaker: 'dave' };
    const stage = arrangeStage(tilesOf([sharing, carol, alice, dave]), wishes);
    expect(roles(stage)).toEqual(['bob/screen main', 'bob strip', 'dave strip']);
    expectInside(stage, wishes);
  });

  it('puts the strip beside the screen on a phone held sideways, where height is dear', () => {
    const sideways = { ...desk, width: 608, height: 316 };
    const main = (wishes: StageWishes) => arrangeStage(tilesOf([alice, sharing]), wishes).placements[0];
    expect(main(sideways)?.height).toBe(316);
    expect(main(phone)?.width).toBe(344);
  });

  it.each([
    ['a desk', desk],
    ['a phone', phone],
    ['a phone held sideways', { ...desk, width: 640, height: 290 }],
  ])('reaches everybody beside a shared screen by turning pages, on %s', (_, room) => {
    const tiles = tilesOf([alice, sharing, ...crowd.slice(0, 20)]);
    const wishes = { ...room, mainSpeaker: 'guest15' };
    const { pages, pager } = arrangeStage(tiles, wishes);
    expect(pager).not.toBeNull();
    const seen = new Set<string>();
    for (let page = 0; page < pages; page += 1) {
      const stage = arrangeStage(tiles, { ...wishes, page });
      expectInside(stage, room);
      for (const { tile, role, y, height } of stage.placements) {
        seen.add(tile.id);
        if (role === 'strip') expect(y + height).toBeLessThanOrEqual(stage.pager?.y ?? 0);
      }
    }
    expect(seen.size).toBe(tiles.length);
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

  it('loses nobody to the speaker, and keeps oneself on every page', () => {
    const tiles = tilesOf([alice, ...crowd]);
    const pages = [0, 1, 2].map((page) => arrangeStage(tiles, { ...desk, mainSpeaker: 'guest59', page }));
    const shown = pages.map(({ placements }) => placements.map(({ tile }) => tile.id));
    expect(shown.map((ids) => ids.at(-1))).toEqual(['alice', 'alice', 'alice']);
    expect(shown[0]).toContain('guest59');
    expect(new Set(shown.flat()).size).toBe(61);
    expect(shown.flat()).toHaveLength(63);
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
