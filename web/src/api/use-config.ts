/** What this server can do; it changes only with a restart, so it is asked for once. */
import { useQuery } from '@tanstack/react-query';
import { type Config, getConfig } from './requests';

export function useConfig(): Config | undefined {
  return useQuery({ queryKey: ['config'], queryFn: getConfig, staleTime: Number.POSITIVE_INFINITY }).data;
}

/** Who runs this server; undefined until it has answered. */
export function useOperator(): Config['operator'] | undefined {
  return useConfig()?.operator;
}
