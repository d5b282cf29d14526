/** The reply of a route that a browser comes to by itself: where it goes on. */
export type Redirect = { readonly location: string };

const marked = new WeakSet<object>();

/** `location` is a path of ours, or the address of a provider that a tenant has configured; never what a request said. */
export function redirect(location: string): Redirect {
  const made = { location };
  marked.add(made);
  return made;
}

export function isRedirect(value: unknown): value is Redirect {
  return typeof value === 'object' && value !== null && marked.has(value);
}
