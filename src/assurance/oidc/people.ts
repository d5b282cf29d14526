/** From a provider's claims to a person of ours: by issuer and subject, and by nothing else. */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Act, PersonId } from '#assurance/identity/identity.ts';
import { addPerson } from '#assurance/identity/people.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { OpenProvider, ProviderSettings } from './providers.ts';

export type Claims = Readonly<Record<string, unknown>> & { readonly sub: string };

/** Whether the claims show a second factor, by the words this provider uses for it. */
export function hasSecondFactor(
  { secondFactorAcr, secondFactorAmr }: ProviderSettings,
  claims: Claims,
): boolean {
  const { acr, amr } = claims;
  if (typeof acr === 'string' && secondFactorAcr.includes(acr)) return true;
  return Array.isArray(amr) && amr.some((a) => typeof a === 'string' && secondFactorAmr.includes(a));
}

/** The address, where it may be used: verified or trusted, and in an allowed domain. */
export function emailOf(settings: ProviderSettings, claims: Claims): Result<string, string> {
  const email = claims[settings.emailClaim];
  if (typeof email !== 'string' || email.length > 320 || !/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(email))
    return err('the claims hold no address');
  if (!settings.trustsEmail && claims['email_verified'] !== true) return err('the address is not verified');
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  if (settings.allowedDomains.length > 0 && !settings.allowedDomains.includes(domain))
    return err('the address is in no allowed domain');
  return ok(email);
}

/** The person that these claims stand for; made where the provider may do that. Refuses with a reason for the record. */
export async function personOf(
  act: Act,
  provider: OpenProvider,
  issuer: string,
  claims: Claims,
): Promise<Result<PersonId, string>> {
  const { settings } = provider;
  const email = emailOf(settings, claims);
  if (!email.ok && settings.allowedDomains.length > 0) return email;
  const [linked] = await act.tx.query<{ id: PersonId; state: string }>(
    `select p.id, p.state from oidc_link l join person p on p.tenant_id = l.tenant_id and p.id = l.person_id
     where l.tenant_id = $1 and l.issuer = $2 and l.subject = $3 for share of p`,
    [act.tenant, issuer, claims.sub],
  );
  if (linked !== undefined)
    return linked.state === 'active' || linked.state === 'invited'
      ? ok(linked.id)
      : err(`the person is ${linked.state}`);
  if (!settings.createsPeople) return err('nobody is linked to this subject');
  if (!email.ok) return email;
  const name = claims[settings.nameClaim];
  const made = await addPerson(act, {
    email: email.value,
    name: typeof name === 'string' && name.trim() !== '' ? name.slice(0, 200) : email.value,
    language: languageOf(claims['locale']),
    state: 'active',
    source: 'oidc',
  });
  // Somebody has this address: an address alone never links, or a provider could take over whom it names.
  if (!made.ok) return err('the address belongs to somebody who is not linked');
  await linkPerson(act, provider, issuer, claims.sub, made.value.id);
  return ok(made.value.id);
}

/** False when the subject is somebody else's already. */
export async function linkPerson(
  { tx, tenant, actor }: Act,
  provider: OpenProvider,
  issuer: string,
  subject: string,
  person: PersonId,
): Promise<boolean> {
  const made = await tx.query(
    `insert into oidc_link (tenant_id, issuer, subject, person_id) values ($1, $2, $3, $4)
     on conflict (tenant_id, issuer, subject) do nothing returning subject`,
    [tenant, issuer, subject, person],
  );
  if (made.length === 0) return false;
  const details = { provider: provider.name, issuer };
  await appendAudit(tx, [
    { tenant, actor, what: 'person.oidc-linked', subject: `person:${person}`, details },
  ]);
  return true;
}

function languageOf(locale: unknown): 'de' | 'en' | 'nl' {
  const word = typeof locale === 'string' ? locale.slice(0, 2).toLowerCase() : '';
  return word === 'de' || word === 'nl' ? word : 'en';
}
