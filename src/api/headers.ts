/** What every reply of ours tells a browser, whatever it is about. The console's page replaces the policy by its own. */
export function securityHeaders(isTls: boolean): Readonly<Record<string, string>> {
  return isTls ? { ...ALWAYS, 'strict-transport-security': 'max-age=31536000' } : ALWAYS;
}

const ALWAYS = {
  // Nothing of ours but the console's page is a document that may do anything.
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': [
    'publickey-credentials-get=(self)',
    'publickey-credentials-create=(self)',
    'clipboard-write=(self)',
    ...['camera', 'microphone', 'geolocation', 'display-capture', 'payment', 'usb', 'serial', 'hid'].map(
      (f) => `${f}=()`,
    ),
  ].join(', '),
  'x-frame-options': 'DENY',
} as const;
