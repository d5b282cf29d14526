/** What EHLO offers, and the name a session's protocol has in Received fields. Offered is only what will be honoured now. */

export type ExtensionState = {
  readonly maxMessageBytes: number;
  readonly maxRecipients: number;
  readonly chunking: boolean;
  readonly binaryMime: boolean;
  readonly insideTls: boolean;
  readonly tlsAvailable: boolean;
  readonly authOffered: boolean;
  readonly xclient: boolean;
};

export function extensionList(s: ExtensionState): string[] {
  const offer = (when: boolean, line: string): string[] => (when ? [line] : []);
  return [
    'PIPELINING', // RFC 2920 §3
    `SIZE ${s.maxMessageBytes}`, // RFC 1870 §3
    '8BITMIME', // RFC 6152 §2
    'SMTPUTF8', // RFC 6531 §3.1
    'ENHANCEDSTATUSCODES', // RFC 2034 §3
    'DSN', // RFC 3461 §3
    ...offer(s.chunking, 'CHUNKING'), // RFC 3030 §2
    ...offer(s.chunking && s.binaryMime, 'BINARYMIME'), // RFC 3030 §3
    // RFC 3207 §4.2: not offered again once TLS stands.
    ...offer(s.tlsAvailable && !s.insideTls, 'STARTTLS'),
    // RFC 8689 §2: only once TLS stands.
    ...offer(s.insideTls, 'REQUIRETLS'),
    // RFC 4954 §4: passwords only where nobody listens.
    ...offer(s.authOffered && s.insideTls, 'AUTH PLAIN LOGIN'),
    `LIMITS RCPTMAX=${s.maxRecipients}`, // RFC 9422 §3
    ...offer(s.xclient, 'XCLIENT NAME ADDR PORT PROTO HELO'),
  ];
}

/** RFC 3848 §1 and RFC 6531 §4.3: `ESMTP` with `S` for TLS and `A` for a signed-in client. */
export function protocolName(s: {
  readonly esmtp: boolean;
  readonly smtpUtf8: boolean;
  readonly insideTls: boolean;
  readonly authenticated: boolean;
}): string {
  if (!s.esmtp) return 'SMTP';
  return `${s.smtpUtf8 ? 'UTF8SMTP' : 'ESMTP'}${s.insideTls ? 'S' : ''}${s.authenticated ? 'A' : ''}`;
}
