/** Puts the route's screen on the page, with what all screens share: data, words, and a net for what breaks. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { Suspense } from 'react';
import { RouterProvider } from 'react-aria-components';
import { Route, Switch, useLocation } from 'wouter';
import { Problem } from './api/problem';
import { WaitingPage } from './features/errors/AwaitedPage';
import { ErrorNet } from './features/errors/ErrorNet';
import { ErrorScreen } from './features/errors/ErrorScreen';
import { ROUTES } from './routes';

/** One silent try more for what a hiccup lost; after that the page says so and asks again by itself. */
const SILENT_RETRIES_MAX = 1;
const SILENT_RETRY_DELAY_MS = 500;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // A refusal stays a refusal; only what may pass is asked again.
      retry: (failures, cause) =>
        failures < SILENT_RETRIES_MAX && (!(cause instanceof Problem) || cause.passing),
      retryDelay: SILENT_RETRY_DELAY_MS,
      refetchOnWindowFocus: false,
    },
  },
});

export function App() {
  const [, navigate] = useLocation();
  return (
    <RouterProvider navigate={navigate}>
      <QueryClientProvider client={queries}>
        <ErrorNet>
          <Suspense fallback={<WaitingPage />}>
            <Switch>
              {ROUTES.map(({ path, screen: Screen }) => (
                <Route key={path} path={path}>
                  <Screen />
                </Route>
              ))}
              <Route>
                <ErrorScreen kind="page-not-found" />
              </Route>
            </Switch>
          </Suspense>
        </ErrorNet>
      </QueryClientProvider>
    </RouterProvider>
  );
}
