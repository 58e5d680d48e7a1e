/** Renders a screen at an address, with the data layer it expects, and tells where it navigates to. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { Route, Router, Switch } from 'wouter';
import { memoryLocation } from 'wouter/memory-location';

export function renderAt(path: string, screen: ReactNode, route = '*') {
  const { hook, history } = memoryLocation({ path, record: true });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const page = render(
    <QueryClientProvider client={client}>
      <Router hook={hook}>
        <Switch>
          <Route path={route}>{screen}</Route>
          <Route>{null}</Route>
        </Switch>
      </Router>
    </QueryClientProvider>,
  );
  return { ...page, path: () => history.at(-1) };
}
