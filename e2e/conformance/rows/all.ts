/** The matrix in the order of the table. */
import type { Group } from '../row.ts';
import { backup } from './backup.ts';
import { data } from './data.ts';
import { encryption } from './encryption.ts';
import { forgery } from './forgery.ts';
import { layers, layersApart } from './layers.ts';
import { many } from './many.ts';
import { media } from './media.ts';
import { people } from './people.ts';
import { permissions } from './permissions.ts';
import { python } from './python.ts';
import { reconnect } from './reconnect.ts';
import { refusals } from './refusals.ts';
import { service } from './service.ts';
import { tcp } from './tcp.ts';
import { tracks } from './tracks.ts';

export const groups: Group[] = [
  media,
  layers,
  layersApart,
  backup,
  data,
  forgery,
  tracks,
  people,
  permissions,
  reconnect,
  tcp,
  many,
  encryption,
  refusals,
  service,
  python,
];
