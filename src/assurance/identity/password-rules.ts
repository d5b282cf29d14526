/**
 * What a password must be: long enough, not one that is tried first, not made of what everybody knows about the person. No
 * rules about kinds of characters and no forced change (ASVS 6.2.1, 6.2.4, 6.2.5, 6.2.10, 6.2.11, 6.2.12).
 */
import { emailKey } from './people.ts';
import { isCommon } from './common-passwords.ts';

export const MIN_PASSWORD_CHARS = 8;
export const SUGGESTED_PASSWORD_CHARS = 15;
export const MAX_PASSWORD_CHARS = 256;

export type PasswordFault = 'too-short' | 'too-long' | 'common' | 'personal' | 'breached';
export type PasswordContext = {
  readonly email: string;
  readonly name: string;
  /** What the organisation is called. */
  readonly organisation: string;
};
/** Whether a password stands in a list of leaked ones; absent where the operator gave none. */
export type IsBreached = (password: string) => Promise<boolean>;

export async function passwordFault(
  password: string,
  context: PasswordContext,
  isBreached?: IsBreached,
): Promise<PasswordFault | undefined> {
  const chars = Array.from(password.normalize('NFC')).length;
  if (chars < MIN_PASSWORD_CHARS) return 'too-short';
  if (chars > MAX_PASSWORD_CHARS) return 'too-long';
  if (isCommon(password)) return 'common';
  if (isPersonal(password, context)) return 'personal';
  if (isBreached !== undefined && (await isBreached(password))) return 'breached';
  return undefined;
}

/** What is left when all that is known of the person is taken out must still be a password. */
function isPersonal(password: string, { email, name, organisation }: PasswordContext): boolean {
  const words = [emailKey(email), name, organisation, 'gatehouse']
    .flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u))
    .filter((word) => word.length >= 3)
    .toSorted((a, b) => b.length - a.length);
  let rest = password.toLowerCase();
  for (const word of words) rest = rest.replaceAll(word, '');
  const isShortened = rest.length < password.length;
  return isShortened && Array.from(rest.replaceAll(/[^\p{L}\p{N}]/gu, '')).length < MIN_PASSWORD_CHARS;
}
