/** What axe finds on a screen, as readable lines. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Person } from './person.ts';

export async function violations(person: Person): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page: person.page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.map((one) => `${one.id} (${one.impact}): ${one.help} at ${one.nodes.map((node) => node.target.join(' ')).join('; ')}`);
}
