/**
 * For whom passkeys are made: the host under which people reach the console. A passkey made for one name does not work under
 * another, so changing `http.publicUrl` means new passkeys.
 */
export type RelyingParty = {
  readonly id: string;
  readonly name: string;
  /** Whether a page of this origin is ours. */
  readonly isOurs: (origin: string) => boolean;
};

/** Without a public URL only this machine's browsers reach us, on whatever port we took. */
export function relyingPartyOf(publicUrl: string | undefined): RelyingParty {
  const name = 'Gatehouse';
  if (publicUrl === undefined)
    return { id: 'localhost', name, isOurs: (o) => /^https?:\/\/localhost(:\d{1,5})?$/.test(o) };
  const url = new URL(publicUrl);
  return { id: url.hostname, name, isOurs: (o) => o === url.origin };
}
