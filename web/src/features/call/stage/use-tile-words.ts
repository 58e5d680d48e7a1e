/** What a tile is called, to the eye and to a screen reader. */
import { useTranslation } from 'react-i18next';
import type { Tile } from '../../../call/stage/tiles';

export function useTileName({ person, kind }: Tile): string {
  const { t } = useTranslation();
  const name = person.name || t('common.unnamedPerson');
  if (kind === 'screen') return person.isSelf ? t('call.yourScreen') : t('call.screenOf', { name });
  return person.isSelf ? t('call.you', { name }) : name;
}

/** The tile as a screen reader should tell it: "Alice, microphone off, speaking". */
export function useTileWords(tile: Tile, isSpeaking: boolean): string {
  const { t } = useTranslation();
  const name = useTileName(tile);
  if (tile.kind === 'screen') return tile.person.isLookalike ? `${name}, ${t('call.lookalike')}` : name;
  const { microphoneOn, quality, isLookalike } = tile.person;
  const words = [
    name,
    isLookalike && t('call.lookalike'),
    !microphoneOn && t('call.microphoneOff'),
    isSpeaking && t('call.speaking'),
    quality === 'poor' && t('call.connectionPoor'),
  ];
  return words.filter(Boolean).join(', ');
}
