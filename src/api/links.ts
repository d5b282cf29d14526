/** One-time links as they are handed out. The token stands behind `#`, which no browser sends to any server or log. */
import type { MadeLink } from '#assurance/identity/links.ts';

export function linkUrl(
  publicUrl: string,
  { token, expiresAt }: MadeLink,
  page: 'link' | 'setup' = 'link',
): { url: string; expiresAt: string } {
  return { url: `${publicUrl}/${page}#${token}`, expiresAt: expiresAt.toISOString() };
}
