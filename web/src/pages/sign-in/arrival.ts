/** What follows a step of a sign-in: in, in but owing a factor, or the second step. */
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api } from '../../api/client.ts';
import { safeNext } from '../../session/session.ts';

export const byPassword = (body: { email: string; password: string; organisation?: string }) =>
  answer(api.POST('/api/v1/sign-in/password', { body }));
export type Came = Awaited<ReturnType<typeof byPassword>>;
type Second = Extract<Came, { state: 'second-factor' }>;
type Arrival = { readonly second: Second | undefined; readonly arrive: (came: Came) => Promise<void> };

/** Somebody who comes back from a provider and still owes a second factor brings the ticket behind the #. */
function secondInAddress(): Second | undefined {
  const ticket = new URLSearchParams(globalThis.location.hash.slice(1)).get('ticket');
  if (ticket === null) return undefined;
  // Which factors there are is not told here: a code is what everybody can be asked for.
  const factors = { password: false, passkeys: 0, totp: 1, recoveryCodes: 1 };
  return { state: 'second-factor', ticket, factors };
}

export function useArrival(next: string | undefined): Arrival {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [second, setSecond] = useState(secondInAddress);
  const arrive = async (came: Came): Promise<void> => {
    if (came.state === 'second-factor') return setSecond(came);
    queries.clear(); // nothing of whoever was here before
    await navigate({ href: came.state === 'enrolling' ? '/account' : safeNext(next) });
  };
  return { second, arrive };
}
