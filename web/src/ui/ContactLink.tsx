/** The operator's contact as what it is: a mail address, a page, or a text such as a telephone number. */

export function ContactLink({ contact }: { contact: string }) {
  const href = /^https?:\/\//.test(contact)
    ? contact
    : /^\S+@\S+$/.test(contact)
      ? `mailto:${contact}`
      : null;
  return href === null ? <span>{contact}</span> : <a href={href}>{contact}</a>;
}
