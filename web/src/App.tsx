/** Puts the route's screen on the page, with what all screens share: data, words, and a net for what breaks. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { Suspense } from 'react';
import { RouterProvider } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Route, Switch, useLocation } from 'wouter';
import { Problem } from './api/problem';
import { ErrorNet } from './features/errors/ErrorNet';
import { ErrorScreen } from './features/errors/ErrorScreen';
import { ROUTES } from './routes';
import { Waiting } from './ui/Waiting';

const RETRIES_MAX = 3;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // A refusal stays a refusal; only what may pass is asked again.
      retry: (failures, cause) => failures < RETRIES_MAX && (!(cause instanceof Problem) || cause.passing),
      refetchOnWindowFocus: false,
    },
  },
});

export function App() {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  return (
    <RouterProvider navigate={navigate}>
      <ErrorNet>
        <QueryClientProvider client={queries}>
          <Suspense fallback={<Waiting label={t('common.loading')} />}>
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
        </QueryClientProvider>
      </ErrorNet>
    </RouterProvider>
  );
}
