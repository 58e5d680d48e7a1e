/** Words for a request that failed; a code without words of its own gets the general ones. */
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../api/problem';

export function useProblemWords(): (problem: Problem) => string {
  const { t } = useTranslation();
  return (problem) => {
    switch (problem.code) {
      case 'unreachable':
        return t('problems.unreachable');
      case 'room_not_found':
        return t('problems.room_not_found');
      case 'server_full':
        return t('problems.server_full');
      case 'not_in_meeting':
        return t('problems.not_in_meeting');
      case 'not_allowed':
        return t('problems.not_allowed');
      case 'too_many_requests':
        return t('problems.too_many_requests');
      default:
        return problem.code.startsWith('signal_') ? t('problems.signal') : t('problems.other');
    }
  };
}
