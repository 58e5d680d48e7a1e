/** Puts text on the clipboard, also where the page came without TLS or the browser refuses the new way. */

/** False where no way is open: the person then has to select the text. */
export async function copyText(text: string): Promise<boolean> {
  try {
    // Undefined without TLS; refused in frames and by policies.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

/** The old command copies what is selected, on any page. */
function copySelected(text: string): boolean {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  } finally {
    field.remove();
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }
}
