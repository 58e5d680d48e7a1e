/** How a picture sits in the room it gets: as large as it can be without cutting faces off. */

export interface Size {
  width: number;
  height: number;
}

/** What cameras film, and the shape of a tile before its picture is known. */
export const CAMERA_ASPECT = 16 / 9;
/** Beyond these a picture would be a stripe; its tile keeps a shape a name fits on. */
const ASPECT_MIN = 1 / 2;
const ASPECT_MAX = 12 / 5;

/**
 * The largest tile of the picture's own shape. A tall phone crops a wide picture square rather than leave
 * two thirds of the screen empty.
 */
export function fitted(aspect: number, room: Size): Size {
  const own = Math.min(ASPECT_MAX, Math.max(ASPECT_MIN, aspect));
  const shape = room.height > room.width ? Math.min(own, 1) : own;
  const width = Math.max(0, Math.floor(Math.min(room.width, room.height * shape)));
  return { width, height: Math.floor(width / shape) };
}

/** Whether a picture must be shown whole, with margins: one held upright loses the face in a wide tile. */
export function needsMargins(aspect: number, tile: Size): boolean {
  return aspect < 1 && tile.width >= tile.height;
}
