/** Makes every key of the English words known to the compiler, so that a missing one does not build. */
import type en from './en.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}
