/** Names the browser tab after the screen; the most specific part comes first, where narrow tabs show it. */
import { useEffect } from 'react';

export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Visio' : `${title} – Visio`;
  }, [title]);
}
