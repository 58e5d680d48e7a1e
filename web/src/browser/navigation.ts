/** How the browser came to this page. */

/** `navigate`, `reload`, `back_forward`; undefined where the browser does not say. */
export function navigationType(): string | undefined {
  const [entry] = performance.getEntriesByType('navigation');
  return (entry as PerformanceNavigationTiming | undefined)?.type;
}
