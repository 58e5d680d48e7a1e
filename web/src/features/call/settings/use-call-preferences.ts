/** How one person wants every call shown; kept in the browser, for people who need large captions need them daily. */
import { useEffect, useState } from 'react';
import { isWished, type Preference, wish } from '../../../me/preferences';

export interface CallPreferences {
  selfHidden: boolean;
  setSelfHidden: (hidden: boolean) => void;
  captionsLarge: boolean;
  setCaptionsLarge: (large: boolean) => void;
  captionsAloud: boolean;
  setCaptionsAloud: (aloud: boolean) => void;
}

/** `captionsOn` belongs to the call, which button and key switch; the next call begins with it. */
export function useCallPreferences(captionsOn: boolean): CallPreferences {
  const [selfHidden, setSelfHidden] = useWish('selfHidden');
  const [captionsLarge, setCaptionsLarge] = useWish('captionsLarge');
  const [captionsAloud, setCaptionsAloud] = useWish('captionsAloud');
  useEffect(() => wish('captionsOff', !captionsOn), [captionsOn]);
  return { selfHidden, setSelfHidden, captionsLarge, setCaptionsLarge, captionsAloud, setCaptionsAloud };
}

function useWish(preference: Preference): [boolean, (wished: boolean) => void] {
  const [wished, setWished] = useState(() => isWished(preference));
  const change = (to: boolean) => {
    wish(preference, to);
    setWished(to);
  };
  return [wished, change];
}
