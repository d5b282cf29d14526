/** What is wrong with a password that somebody chose. */
import {
  MAX_PASSWORD_CHARS,
  MIN_PASSWORD_CHARS,
  SUGGESTED_PASSWORD_CHARS,
  type PasswordFault,
} from '#assurance/identity/password-rules.ts';
import { problem, type Problem } from './problem.ts';

const TEXTS: Readonly<Record<PasswordFault, string>> = {
  'too-short': `The password needs ${MIN_PASSWORD_CHARS} characters or more; ${SUGGESTED_PASSWORD_CHARS} are better.`,
  'too-long': `The password must not be longer than ${MAX_PASSWORD_CHARS} characters.`,
  common: 'The password is one of those that are tried first; take one that nobody thinks of.',
  personal: 'The password is made of your name, address or organisation; take something else.',
  breached: 'The password stands in a list of leaked passwords; take another one.',
};

export function passwordProblem(fault: PasswordFault): Problem {
  return problem({
    status: 422,
    type: `password-${fault}`,
    title: 'The password cannot be used',
    detail: TEXTS[fault],
  });
}
