/** What axe finds on a screen, as readable lines. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Person } from './person.ts';
import { until } from './waiting.ts';

export async function violations(person: Person): Promise<string[]> {
  // A pointer left on a button keeps its tooltip open.
  await person.page.mouse.move(0, 0);
  await until('no tooltip is open', async () => (await person.page.getByRole('tooltip').count()) === 0);
  const { violations } = await new AxeBuilder({ page: person.page })
    // What react-aria has just announced stays there a few seconds after what it names has gone.
    .exclude('[data-live-announcer]')
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.map((one) => `${one.id} (${one.impact}): ${one.help} at ${one.nodes.map((node) => node.target.join(' ')).join('; ')}`);
}
