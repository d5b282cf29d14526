/** The browser's passkey functions, in the words of our API. A person who gives up is not an error. */
import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
  WebAuthnError,
} from '@simplewebauthn/browser';

type RegistrationOptions = Parameters<typeof startRegistration>[0]['optionsJSON'];
/** The server made it for exactly this; its form is the browser's own. */
type Offered = { readonly challenge: string };

export const hasPasskeys = browserSupportsWebAuthn;
export const hasAutofill = browserSupportsWebAuthnAutofill;
export const stopWaiting = (): void => WebAuthnAbortService.cancelCeremony();

/** Undefined when the person gave up or the browser has nothing that fits. */
export async function signWithPasskey(offered: Offered, isAutofill = false) {
  return await given(() => startAuthentication({ optionsJSON: offered, useBrowserAutofill: isAutofill }));
}

export async function makePasskey(offered: Offered) {
  return await given(() => startRegistration({ optionsJSON: offered as unknown as RegistrationOptions }));
}

const GIVEN_UP: ReadonlySet<string> = new Set(['NotAllowedError', 'AbortError']);

async function given<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof WebAuthnError && error.code === 'ERROR_CEREMONY_ABORTED') return undefined;
    if (error instanceof Error && GIVEN_UP.has(error.name)) return undefined;
    throw error;
  }
}
