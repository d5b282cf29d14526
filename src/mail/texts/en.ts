/**
 * What findings say to people, in English: the master of the catalogue, German and Dutch must have the same keys. The key
 * is `check.code`; `*.code` serves every check that has no sentence of its own. `{x}` is replaced by the finding's params.
 */
export const en = {
  '*.clean': 'Nothing suspicious found.',
  '*.crashed': 'This check broke on the message; that is treated as a risk, not as harmless.',
  '*.timeout': 'This check did not finish in time; that is treated as a risk, not as harmless.',

  'spf.pass': 'The server {ip} may send for {domain} (SPF).',
  'spf.fail': '{domain} says that the server {ip} may not send for it (SPF).',
  'spf.softfail': '{domain} says that the server {ip} probably may not send for it (SPF).',
  'spf.neutral': '{domain} does not say whether the server {ip} may send for it (SPF).',
  'spf.none': '{domain} does not say which servers may send for it (SPF).',
  'spf.temperror': 'Which servers may send for {domain} could not be learned just now (SPF).',
  'spf.permerror': 'The SPF record of {domain} is broken.',

  'dkim.pass': 'The signature of {domain} is genuine (DKIM).',
  'dkim.fail': 'The signature of {domain} does not fit the message (DKIM): {reason}.',
  'dkim.none': 'The message carries no signature (DKIM).',
  'dkim.neutral': 'The signature of {domain} could not be judged (DKIM): {reason}.',
  'dkim.policy': 'The signature of {domain} is genuine but too weak to be accepted (DKIM): {reason}.',
  'dkim.temperror': 'The key for the signature of {domain} could not be fetched just now (DKIM).',
  'dkim.permerror': 'The signature of {domain} is broken (DKIM): {reason}.',
  'dkim.partial':
    'The signature of {domain} covers only the beginning of the message; the rest may be by anyone, so it proves no author (DKIM).',
  'dkim.unsigned-duplicate':
    'The signature of {domain} covers only one of several fields of the same name ({fields}); the others may be by anyone, so it proves no author (DKIM).',

  'arc.pass': 'The path of the message is sealed without a gap, last by {sealer} (ARC).',
  'arc.trusted': 'The path of the message is sealed by {sealer}, which we trust (ARC).',
  'arc.fail': 'The seals of the message path do not fit (ARC): {reason}.',
  'arc.none': 'The message carries no seals of its path (ARC).',
  'arc.temperror': 'The keys for the seals of the message path could not be fetched just now (ARC).',

  'dmarc.pass': 'The message is proven to come from {domain} (DMARC).',
  'dmarc.fail-none':
    'The message claims to come from {domain} but is not proven to; {domain} asks for no action (DMARC).',
  'dmarc.fail-quarantine':
    'The message claims to come from {domain} but is not proven to; {domain} asks to quarantine such mail (DMARC).',
  'dmarc.fail-reject':
    'The message claims to come from {domain} but is not proven to; {domain} asks to reject such mail (DMARC).',
  'dmarc.fail-reject-indirect':
    'The message claims to come from {domain} but is not proven to; it came through a mailing list of {list}, which we trust (DMARC).',
  'dmarc.implicit-fail':
    'The message claims to come from {domain}, and what could prove it failed; {domain} has no DMARC policy.',
  'dmarc.none': '{domain} has no DMARC policy.',
  'dmarc.overridden':
    'The message is not proven to come from {domain}, but {sealer}, which we trust, saw the proof before it changed the message (ARC).',
  'dmarc.temperror': 'Whether the message comes from {domain} could not be learned just now (DMARC).',
  'dmarc.permerror': 'The DMARC policy of {domain} is broken: {reason}.',
  'dmarc.ambiguous-author':
    'The server may send for {domain}, but mail programs may show somebody else as the author, so nothing is proven (DMARC): {reason}.',
  'dmarc.no-single-author': 'The message has no single author who could be proven (DMARC): {reason}.',

  'iprev.pass': 'The server {ip} is named {name}.',
  'iprev.fail': 'The server {ip} has no name that leads back to it.',
  'iprev.temperror': 'The name of the server {ip} could not be learned just now.',
  'iprev.permerror': 'The name of the server {ip} could not be learned.',

  'clamav.clean': 'ClamAV found no malware.',
  'clamav.malware': 'ClamAV found malware: {signature}.',
  'clamav.absent': 'ClamAV is not installed; the message was not checked for malware by it.',
  'clamav.unavailable': 'ClamAV did not answer; the message was not checked for malware by it.',
  'clamav.too-large': 'The message has {bytes} bytes, more than ClamAV is given ({maxBytes}).',
  'clamav.unread': 'Parts of the message that only some mail programs show could not be given to ClamAV.',

  'byte-defects.bare-cr':
    'The message has {count} carriage returns without line feed; mail programs read those differently.',
  'byte-defects.bare-lf':
    'The message has {count} line feeds without carriage return; mail programs read those differently.',
  'byte-defects.nul': 'The message has {count} zero bytes, which mail must not contain.',
  'byte-defects.long-line': 'The message has {count} lines longer than mail allows.',
  'byte-defects.eight-bit': 'The message has bytes above 127 although its sender announced none.',

  'from-header.none': 'The message names no author.',
  'from-header.several': 'The message names several authors ({authors}); mail programs show different ones.',
  'from-header.disguised':
    'The author {authors} is disguised with invisible, reversing or look-alike characters.',
  'from-header.display-name': 'The name of the author shows an address of another domain than {authors}.',
  'from-header.ambiguous':
    'The author {authors} is written in a way that mail programs read differently ({defects}).',
  'mime-structure.limit': 'The message could not be read to the end: too much of it ({limit}).',
  'mime-structure.unread': 'The message can be read in more ways than could be tried.',
  'mime-structure.hidden-part':
    'Some mail programs would show {count} parts that others do not, first {type} "{name}" ({reason}).',
  'mime-structure.ambiguous': 'Mail programs read the structure of the message differently ({defects}).',
  'mime-structure.untidy': 'The structure of the message is untidy ({defects}).',
  'file-type.blocked': 'The file "{name}" is of a kind that is not let through ({detected}).',
  'file-type.reversed-name':
    'The name of the file "{name}" turns its reading direction to hide what it is ({detected}).',
  'file-type.double-extension':
    'The file "{name}" hides its dangerous ending behind a harmless one ({detected}).',
  'file-type.program-in-archive': 'The archive "{name}" holds a program.',
  'file-type.polyglot': 'The file "{name}" is a {detected} and something else at once.',
  'file-type.macros': 'The document "{name}" holds macros.',
  'file-type.encrypted': 'The file "{name}" is encrypted; its content could not be checked.',
  'file-type.mismatch': 'The file "{name}" is called {declared} but is {detected}.',
  'sizes-counts.parts': 'The message has {value} parts, more than {limit}.',
  'sizes-counts.attachments': 'The message has {value} attachments, more than {limit}.',
  'sizes-counts.attachment-bytes': 'A part of the message has {value} bytes, more than {limit}.',
  'sizes-counts.header-bytes': 'The header of the message has {value} bytes, more than {limit}.',
  'sizes-counts.recipients': 'The message has {value} recipients, more than {limit}.',

  'sender.header-from': '{who} may not send as {author}, which the From field shows.',
  'sender.no-single-author':
    '{who} must send with exactly one From field and one author; this message shows: {authors}.',
  'dkim-sign.unsigned': 'The message leaves without our DKIM signature for "{domain}": {reason}.',
  'dnsbl.listed': 'The sending server is on the block list {zone} ({answer}).',

  'early-talker.talked-before-greeting': 'The sending server spoke before it was greeted.',

  'rule.sender': 'The rule asks so for this sender.',
  'rule.recipient': 'The rule asks so for this recipient.',
  'rule.message': 'The rule asks so for every message it fits.',
  'rule.split': 'Other recipients of this message accept it, so it is held instead of rejected.',

  'story.connection': 'Connection',
  'story.checks': 'Checks',
  'story.decision': 'Decision',
  'story.recipients': 'Recipients',
  'story.record': 'Record',
  'story.message': 'Message {id} ({direction}, {size} bytes), received {at}',
  'story.in': 'inbound',
  'story.out': 'outbound',
  'story.from': 'From {from}, envelope sender {mailFrom}',
  'story.subject': 'Subject: {subject}',
  'story.message-id': 'Message-ID: {id}',
  'story.peer': '{ip} ({name}) called itself {helo}, by {protocol} at {listener}',
  'story.no-name': 'no confirmed name',
  'story.tls': 'Encrypted with {version}, {cipher}',
  'story.no-tls': 'Not encrypted',
  'story.auth': 'Signed in as {who} ({method})',
  'story.verdict.accept': 'Accepted',
  'story.verdict.tag': 'Accepted with a tag',
  'story.verdict.hold': 'Held',
  'story.verdict.reject': 'Rejected',
  'story.verdict.defer': 'Put off',
  'story.policy': 'by policy {version}',
  'story.reason': 'rule "{rule}": {text}',
  'story.state.queued': 'waiting for delivery',
  'story.state.queued-until': 'waiting, next attempt {at}',
  'story.state.held': 'held',
  'story.state.delivered': 'delivered {at}',
  'story.state.failed': 'failed {at}',
  'story.state.expired': 'given up {at}',
  'story.state.deleted': 'deleted {at}',
  'story.state.refused': 'refused in the dialogue {at}',
  'story.state.put-off': 'put off in the dialogue {at}, the sender tries again',
  'story.not-asked':
    'not asked: that needs the client’s address (--ip) and its sender (--from) or name (--helo)',
  'story.attempt.delivered': '{at} accepted by {host}',
  'story.attempt.deferred': '{at} put off by {host} at {stage}',
  'story.attempt.failed': '{at} refused by {host} at {stage}',
  'story.attempt.deferred-here': '{at} put off at {stage}, {host}',
  'story.attempt.failed-here': '{at} given up at {stage}, {host}',
  'story.attempt.nobody': 'no host reached',
  'story.attempt.found': 'we found: {reply}',
  'story.attempt.reply': 'they said: {reply}',
  'story.attempt.security': 'transport: {security}{detail}',
} as const;

export type TextKey = keyof typeof en;
export type Texts = Readonly<Record<TextKey, string>>;
