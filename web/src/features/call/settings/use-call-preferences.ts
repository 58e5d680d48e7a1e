/** How one person wants every call shown; kept in the browser, for people who need large captions need them daily. */
import { useEffect, useState } from 'react';
import { isWished, type Preference, remember, remembered, wish } from '../../../me/preferences';
import { type CaptionLook, captionColoursOf, captionSizeOf } from '../captions/look';

export interface CallPreferences {
  selfHidden: boolean;
  setSelfHidden: (hidden: boolean) => void;
  captionLook: CaptionLook;
  setCaptionLook: (look: CaptionLook) => void;
  captionsAloud: boolean;
  setCaptionsAloud: (aloud: boolean) => void;
}

/** `captionsOn` belongs to the call, which button and key switch; the next call begins with it. */
export function useCallPreferences(captionsOn: boolean): CallPreferences {
  const [selfHidden, setSelfHidden] = useWish('selfHidden');
  const [captionLook, setCaptionLook] = useCaptionLook();
  const [captionsAloud, setCaptionsAloud] = useWish('captionsAloud');
  useEffect(() => wish('captionsOff', !captionsOn), [captionsOn]);
  return { selfHidden, setSelfHidden, captionLook, setCaptionLook, captionsAloud, setCaptionsAloud };
}

function useWish(preference: Preference): [boolean, (wished: boolean) => void] {
  const [wished, setWished] = useState(() => isWished(preference));
  const change = (to: boolean) => {
    wish(preference, to);
    setWished(to);
  };
  return [wished, change];
}

function useCaptionLook(): [CaptionLook, (look: CaptionLook) => void] {
  const [look, setLook] = useState<CaptionLook>(() => ({
    size: captionSizeOf(remembered('captionSize')),
    colours: captionColoursOf(remembered('captionColours')),
  }));
  const change = (to: CaptionLook) => {
    remember('captionSize', to.size);
    remember('captionColours', to.colours);
    setLook(to);
  };
  return [look, change];
}
