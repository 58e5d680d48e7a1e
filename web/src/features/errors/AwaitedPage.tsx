/** The page while what it shows is asked for: never a bare spinner, and soon in words. */
import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import { Page } from '../../ui/Page';
import { Waiting } from '../../ui/Waiting';
import { ErrorScreen } from './ErrorScreen';

/** A server that has not answered by then is worth a word; most answer in a tenth of it. */
const PATIENCE_MS = 2_500;
/** Between tries: a restart takes seconds, and a server that is away longer is not helped by a crowd that asks. */
const WAITS_SECONDS = [5, 10, 20, 30];

type Query = Pick<UseQueryResult<unknown>, 'isError' | 'isFetching' | 'error' | 'refetch'>;

/** For a query that has no answer yet, or failed in a way that may pass. */
export function AwaitedPage({ query }: { query: Query }) {
  const isLate = useLate(PATIENCE_MS);
  const secondsLeft = useTries(query);
  const { t } = useTranslation();
  const problem = query.isError ? asProblem(query.error) : null;
  if (problem === null && !isLate) return <WaitingPage />;
  return (
    <ErrorScreen
      kind={problem?.serverFailed ? 'server-failed' : 'unreachable'}
      id={problem?.id}
      status={query.isFetching ? t('errors.asking') : t('errors.nextTry', { count: secondsLeft })}
      onRetry={() => void query.refetch()}
    />
  );
}

/** In the frame of a page, so that only its middle changes when the answer is there. */
export function WaitingPage() {
  const { t } = useTranslation();
  return (
    <Page>
      <Waiting label={t('common.loading')} />
    </Page>
  );
}

function useLate(ms: number): boolean {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return isLate;
}

/** Asks again each time the wait after a failure is over; answers the seconds that are left of it. */
function useTries({ isError, isFetching, refetch }: Query): number {
  const tries = useRef(0);
  const [secondsLeft, setSecondsLeft] = useState(0);
  useEffect(() => {
    if (!isError || isFetching) return;
    let left = WAITS_SECONDS[tries.current] ?? WAITS_SECONDS.at(-1) ?? 0;
    tries.current += 1;
    setSecondsLeft(left);
    const timer = setInterval(() => {
      left -= 1;
      setSecondsLeft(left);
      if (left > 0) return;
      clearInterval(timer);
      void refetch();
    }, 1000);
    return () => clearInterval(timer);
  }, [isError, isFetching, refetch]);
  return secondsLeft;
}
