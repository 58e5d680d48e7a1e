/** Renders a screen at an address, with the data layer it expects, and tells where it navigates to. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { Route, Router, Switch } from 'wouter';
import { memoryLocation } from 'wouter/memory-location';

export function renderAt(path: string, screen: ReactNode, route = '*') {
  const { hook, history } = memoryLocation({ path, record: true });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const whole = (shown: ReactNode) => (
    <QueryClientProvider client={client}>
      <Router hook={hook}>
        <Switch>
          <Route path={route}>{shown}</Route>
          <Route>{null}</Route>
        </Switch>
      </Router>
    </QueryClientProvider>
  );
  const page = render(whole(screen));
  /** Draws the screen once more, with what has changed. */
  const again = (changed: ReactNode) => page.rerender(whole(changed));
  return { ...page, again, path: () => history.at(-1) };
}
