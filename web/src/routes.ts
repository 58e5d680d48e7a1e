/** Every address of the client in one table; paths to them are built in `paths.ts`. */
import { type ComponentType, lazy } from 'react';

interface Route {
  path: string;
  screen: ComponentType;
}

export const ROUTES: readonly Route[] = [
  { path: '/', screen: lazy(() => import('./features/home/HomePage')) },
  { path: '/r/*', screen: lazy(() => import('./features/prejoin/RoomPage')) },
  { path: '/t/*', screen: lazy(() => import('./features/transcript/TranscriptPage')) },
];
