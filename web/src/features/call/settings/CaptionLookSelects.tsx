/** Size and colours of the captions. */
import { useTranslation } from 'react-i18next';
import { Select } from '../../../ui/Select';
import {
  CAPTION_COLOURS,
  CAPTION_SIZES,
  type CaptionLook,
  captionColoursOf,
  captionSizeOf,
} from '../captions/look';

interface CaptionLookSelectsProps {
  look: CaptionLook;
  onChange: (look: CaptionLook) => void;
}

export function CaptionLookSelects({ look, onChange }: CaptionLookSelectsProps) {
  const { t } = useTranslation();
  return (
    <>
      <Select
        label={t('call.captionSize')}
        choices={CAPTION_SIZES.map((size) => ({ id: size, label: t(`call.captionSizes.${size}`) }))}
        value={look.size}
        onChange={(id) => onChange({ ...look, size: captionSizeOf(id) })}
        testId="caption-size"
      />
      <Select
        label={t('call.captionColours')}
        choices={CAPTION_COLOURS.map((colours) => ({
          id: colours,
          label: t(`call.captionColourPairs.${colours}`),
        }))}
        value={look.colours}
        onChange={(id) => onChange({ ...look, colours: captionColoursOf(id) })}
        testId="caption-colours"
      />
    </>
  );
}
