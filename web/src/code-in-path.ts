/** The code in the address of a page, with whatever a mail program or a hurried hand left around it. */
import { useEffect } from 'react';
import { useLocation, useParams } from 'wouter';
import { findCode } from './pasted-code';

/** For a route that ends in `*`; the address is then corrected, so that copying it gives a clean link. */
export function useCodeInPath(pathOf: (code: string) => string): string | null {
  const { '*': typed = '' } = useParams<{ '*': string }>();
  const [path, go] = useLocation();
  const code = findCode(pathOf(typed))?.code ?? null;
  const corrected = code === null ? path : pathOf(code);
  useEffect(() => {
    if (corrected !== path) go(corrected, { replace: true });
  }, [corrected, path, go]);
  return code;
}
