/** Approving a request, wherever its page stands: with the passkey over the request's hash, so that it stands for this one only. */
import { answer, api, ApiProblem } from '../api/client.ts';
import { hasPasskeys, signWithPasskey } from './passkey.ts';

/**
 * Who has a passkey signs with it, and giving up gives up. For those without one the server asks for a fresh proof and notes
 * the weaker way.
 */
export async function approveRequest(id: string, hash: string): Promise<unknown> {
  const { factors } = await answer(api.GET('/api/v1/session'));
  const body = factors.passkeys > 0 && hasPasskeys() ? { hash, assertion: await sign(hash) } : { hash };
  return await answer(api.POST('/api/v1/requests/{id}/approve', { params: { path: { id } }, body }));
}

async function sign(hash: string): Promise<never> {
  const offered = {
    challenge: hash,
    rpId: globalThis.location.hostname,
    userVerification: 'required',
    allowCredentials: [],
  };
  const assertion = await signWithPasskey(offered);
  if (assertion === undefined) throw new ApiProblem('bad-passkey', 0, undefined);
  return assertion as never; // the browser's own answer, in the form the server checks
}
