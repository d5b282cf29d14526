/**
 * The one Trusted Types policy of the page (its Content Security Policy allows no other). The component library writes its
 * generated styles through innerHTML; text without markup can only ever be text. Everything else is refused, so that no library
 * turns a string from a message into elements or code.
 */
type Policy = { readonly createHTML: (text: string) => string };
type Factory = { readonly createPolicy: (name: string, policy: Policy) => unknown };

export function textOnly(text: string): string {
  if (!text.includes('<')) return text;
  throw new TypeError('markup from a string is refused');
}

export function installTrustedTypes(): void {
  const factory: Factory | undefined = Reflect.get(globalThis, 'trustedTypes');
  factory?.createPolicy('default', { createHTML: textOnly });
}
