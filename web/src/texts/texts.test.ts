import assert from 'node:assert/strict';
import { test } from 'node:test';
import { de } from './de.ts';
import { en, type Texts } from './en.ts';
import { nl } from './nl.ts';

/** The same word in both languages, by looking at it and not by oversight. */
const SAME: Readonly<Record<string, readonly RegExp[]>> = {
  de: [
    /^requests\.ticket$/,
    /^person-source\.(scim|ldap|oidc)$/,
    /^(people\.person|setup\.domain)$/,
    /^sign-in\.(code|organisation)$/,
    /^account\.(name|passkeys|passkey-name-default|device)$/,
    /^audit\.actor$/,
    /^content\.parts$/,
    /^(tenants|siem|ldap)\.name$/,
    /^quota\.domains$/,
    /^ldap\.(url|filter)$/,
    /^class\.(spam|phish)$/,
    /^nav\.(domains|partners|installation)$/,
    /^domains\.(title|name)$/,
    /^dns\.name$/,
    /^outcome\.neutral$/,
    /message-?id$/i,
    /^hop\.(host|port)$/,
    /^message\.transport$/,
    /^senders\.name$/,
    /^partners\.title$/,
    /^destination-state\.normal$/,
  ],
  nl: [
    /^(nav\.tenants|tenants\.(title|one)|exports\.title)$/,
    /^(siem\.kind-.*|ldap\.(url|filter))$/,
    /^requests\.ticket$/,
    /^person-source\.(scim|ldap|oidc)$/,
    /^setup\.factor$/,
    /^sign-in\.code$/,
    /^account\.(passkeys|passkey-name-default|device)$/,
    /^shell\.menu$/,
    /^nav\.partners$/,
    /^class\.(spam|phish|malware)$/,
    /message-?id$/i,
    /^hop\.(host|protocol)$/,
    /^dns\.type$/,
    /^partners\.title$/,
    /^origin\.tenant$/,
    /^status\.ready$/,
    /^message\.transport$/,
    /^part\.database$/,
  ],
};
const keys = Object.keys(en) as (keyof Texts)[]; // `as`: the keys of the constant
const placeholders = (text: string): string =>
  [...text.matchAll(/\{\{\w+\}\}/g)].map(String).toSorted().join();

for (const [language, texts] of Object.entries({ de, nl }))
  test(`${language} has every text of en, with the same places to fill, and is no English by oversight`, () => {
    assert.deepEqual(Object.keys(texts).toSorted(), keys.toSorted());
    const allowed = SAME[language] ?? [];
    for (const key of keys) {
      assert.notEqual(texts[key].trim(), '', key);
      assert.equal(placeholders(texts[key]), placeholders(en[key]), key);
      const isSame = texts[key] === en[key];
      if (isSame)
        assert.ok(
          allowed.some((a) => a.test(key)),
          `${key} is "${en[key]}" in English and in ${language}`,
        );
    }
  });
