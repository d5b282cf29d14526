/** Which page a notice speaks of. */
type Details = { readonly details: Readonly<Record<string, unknown>> };

/** The page that says more; undefined where there is none. */
export function pageOf({ details }: Details): string | undefined {
  const about = (name: string): string | undefined => {
    const value = details[name];
    return typeof value === 'string' && /^[\w-]{1,64}$/.test(value) ? value : undefined;
  };
  const message = about('message');
  if (about('access') !== undefined) return message === undefined ? '/content' : `/messages/${message}`;
  const request = about('request');
  if (request !== undefined) return `/requests/${request}`;
  const campaign = about('campaign');
  return campaign === undefined ? undefined : `/campaigns/${campaign}`;
}
