/** Approving a request, wherever its page stands: with the passkey over the request's hash, so that it stands for this one only. */
import { answer, api } from '../api/client.ts';
import { hasPasskeys, signWithPasskey } from './passkey.ts';

/** Without a passkey the server asks for a fresh proof and notes the weaker way. */
export async function approveRequest(id: string, hash: string): Promise<unknown> {
  const offered = {
    challenge: hash,
    rpId: globalThis.location.hostname,
    userVerification: 'required' as const,
    allowCredentials: [],
  };
  const assertion = hasPasskeys() ? await signWithPasskey(offered) : undefined;
  // `as never`: the browser's own answer, in the form the server checks.
  const body = { hash, ...(assertion === undefined ? {} : { assertion: assertion as never }) };
  return await answer(api.POST('/api/v1/requests/{id}/approve', { params: { path: { id } }, body }));
}
