/** Was Befunde den Menschen sagen, auf Deutsch. Die Schlüssel sind die des englischen Katalogs. */
import type { Texts } from './en.ts';

export const de: Texts = {
  '*.clean': 'Nichts Verdächtiges gefunden.',
  '*.crashed': 'Diese Prüfung ist an der Nachricht gescheitert; das gilt als Risiko, nicht als harmlos.',
  '*.timeout': 'Diese Prüfung wurde nicht rechtzeitig fertig; das gilt als Risiko, nicht als harmlos.',

  'spf.pass': 'Der Server {ip} darf für {domain} senden (SPF).',
  'spf.fail': '{domain} erklärt, dass der Server {ip} nicht für sie senden darf (SPF).',
  'spf.softfail': '{domain} erklärt, dass der Server {ip} wahrscheinlich nicht für sie senden darf (SPF).',
  'spf.neutral': '{domain} sagt nicht, ob der Server {ip} für sie senden darf (SPF).',
  'spf.none': '{domain} sagt nicht, welche Server für sie senden dürfen (SPF).',
  'spf.temperror': 'Welche Server für {domain} senden dürfen, war gerade nicht zu erfahren (SPF).',
  'spf.permerror': 'Der SPF-Eintrag von {domain} ist fehlerhaft.',

  'dkim.pass': 'Die Signatur von {domain} ist echt (DKIM).',
  'dkim.fail': 'Die Signatur von {domain} passt nicht zur Nachricht (DKIM): {reason}.',
  'dkim.none': 'Die Nachricht trägt keine Signatur (DKIM).',
  'dkim.neutral': 'Die Signatur von {domain} war nicht zu beurteilen (DKIM): {reason}.',
  'dkim.policy': 'Die Signatur von {domain} ist echt, aber zu schwach, um zu gelten (DKIM): {reason}.',
  'dkim.temperror': 'Der Schlüssel zur Signatur von {domain} war gerade nicht zu bekommen (DKIM).',
  'dkim.permerror': 'Die Signatur von {domain} ist fehlerhaft (DKIM): {reason}.',
  'dkim.partial':
    'Die Signatur von {domain} deckt nur den Anfang der Nachricht; der Rest kann von jedem stammen, darum beweist sie keinen Absender (DKIM).',
  'dkim.unsigned-duplicate':
    'Die Signatur von {domain} deckt nur eines von mehreren gleichnamigen Feldern ({fields}); die anderen können von jedem stammen, darum beweist sie keinen Absender (DKIM).',

  'arc.pass': 'Der Weg der Nachricht ist lückenlos versiegelt, zuletzt von {sealer} (ARC).',
  'arc.trusted': 'Der Weg der Nachricht ist von {sealer} versiegelt, dem wir vertrauen (ARC).',
  'arc.fail': 'Die Siegel auf dem Weg der Nachricht stimmen nicht (ARC): {reason}.',
  'arc.none': 'Die Nachricht trägt keine Siegel ihres Weges (ARC).',
  'arc.temperror': 'Die Schlüssel zu den Siegeln der Nachricht waren gerade nicht zu bekommen (ARC).',

  'dmarc.pass': 'Die Nachricht kommt nachweislich von {domain} (DMARC).',
  'dmarc.fail-none':
    'Die Nachricht gibt an, von {domain} zu kommen, was nicht bewiesen ist; {domain} verlangt keine Maßnahme (DMARC).',
  'dmarc.fail-quarantine':
    'Die Nachricht gibt an, von {domain} zu kommen, was nicht bewiesen ist; {domain} bittet, solche Post zurückzuhalten (DMARC).',
  'dmarc.fail-reject':
    'Die Nachricht gibt an, von {domain} zu kommen, was nicht bewiesen ist; {domain} bittet, solche Post abzuweisen (DMARC).',
  'dmarc.fail-reject-indirect':
    'Die Nachricht gibt an, von {domain} zu kommen, was nicht bewiesen ist; sie kam über eine Mailingliste von {list}, der wir vertrauen (DMARC).',
  'dmarc.implicit-fail':
    'Die Nachricht gibt an, von {domain} zu kommen, und was es beweisen könnte, schlug fehl; {domain} hat keine DMARC-Regel.',
  'dmarc.none': '{domain} hat keine DMARC-Regel.',
  'dmarc.overridden':
    'Es ist nicht bewiesen, dass die Nachricht von {domain} kommt, aber {sealer}, dem wir vertrauen, sah den Beweis, bevor er sie änderte (ARC).',
  'dmarc.temperror': 'Ob die Nachricht von {domain} kommt, war gerade nicht zu erfahren (DMARC).',
  'dmarc.permerror': 'Die DMARC-Regel von {domain} ist fehlerhaft: {reason}.',
  'dmarc.ambiguous-author':
    'Der Server darf für {domain} senden, aber Mailprogramme könnten einen anderen als Absender zeigen; bewiesen ist darum nichts (DMARC): {reason}.',
  'dmarc.no-single-author':
    'Die Nachricht hat keinen eindeutigen Absender, der sich beweisen ließe (DMARC): {reason}.',

  'iprev.pass': 'Der Server {ip} heißt {name}.',
  'iprev.fail': 'Der Server {ip} hat keinen Namen, der zu ihm zurückführt.',
  'iprev.temperror': 'Der Name des Servers {ip} war gerade nicht zu erfahren.',
  'iprev.permerror': 'Der Name des Servers {ip} war nicht zu erfahren.',

  'clamav.clean': 'ClamAV fand keine Schadsoftware.',
  'clamav.malware': 'ClamAV fand Schadsoftware: {signature}.',
  'clamav.absent':
    'ClamAV ist nicht eingerichtet; die Nachricht wurde von ihm nicht auf Schadsoftware geprüft.',
  'clamav.unavailable':
    'ClamAV hat nicht geantwortet; die Nachricht wurde von ihm nicht auf Schadsoftware geprüft.',
  'clamav.too-large': 'Die Nachricht hat {bytes} Bytes, mehr als ClamAV bekommt ({maxBytes}).',
  'clamav.unread':
    'Teile der Nachricht, die nur manche Mailprogramme zeigen, konnten ClamAV nicht gegeben werden.',

  'byte-defects.bare-cr':
    'Die Nachricht hat {count} Wagenrückläufe ohne Zeilenvorschub; Mailprogramme lesen sie verschieden.',
  'byte-defects.bare-lf':
    'Die Nachricht hat {count} Zeilenvorschübe ohne Wagenrücklauf; Mailprogramme lesen sie verschieden.',
  'byte-defects.nul': 'Die Nachricht hat {count} Nullbytes, die in Post nicht vorkommen dürfen.',
  'byte-defects.long-line': 'Die Nachricht hat {count} Zeilen, die länger sind als erlaubt.',
  'byte-defects.eight-bit': 'Die Nachricht hat Bytes über 127, obwohl ihr Absender keine angekündigt hat.',

  'from-header.none': 'Die Nachricht nennt keinen Absender.',
  'from-header.several':
    'Die Nachricht nennt mehrere Absender ({authors}); Mailprogramme zeigen verschiedene an.',
  'from-header.disguised':
    'Der Absender {authors} ist mit unsichtbaren, umkehrenden oder ähnlich aussehenden Zeichen getarnt.',
  'from-header.display-name': 'Der Name des Absenders zeigt eine Adresse einer anderen Domain als {authors}.',
  'from-header.ambiguous':
    'Der Absender {authors} ist so geschrieben, dass Mailprogramme ihn verschieden lesen ({defects}).',
  'mime-structure.limit': 'Die Nachricht konnte nicht zu Ende gelesen werden: zu viel davon ({limit}).',
  'mime-structure.unread': 'Die Nachricht lässt sich auf mehr Arten lesen, als versucht werden konnten.',
  'mime-structure.hidden-part':
    'Manche Mailprogramme würden {count} Teile zeigen, die andere nicht zeigen, zuerst {type} „{name}“ ({reason}).',
  'mime-structure.ambiguous': 'Mailprogramme lesen den Aufbau der Nachricht verschieden ({defects}).',
  'mime-structure.untidy': 'Der Aufbau der Nachricht ist unsauber ({defects}).',
  'file-type.blocked': 'Die Datei „{name}“ ist von einer Art, die nicht durchgelassen wird ({detected}).',
  'file-type.reversed-name':
    'Der Name der Datei „{name}“ dreht die Leserichtung, um zu verbergen, was sie ist ({detected}).',
  'file-type.double-extension':
    'Die Datei „{name}“ verbirgt ihre gefährliche Endung hinter einer harmlosen ({detected}).',
  'file-type.program-in-archive': 'Das Archiv „{name}“ enthält ein Programm.',
  'file-type.polyglot': 'Die Datei „{name}“ ist {detected} und zugleich etwas anderes.',
  'file-type.macros': 'Das Dokument „{name}“ enthält Makros.',
  'file-type.encrypted': 'Die Datei „{name}“ ist verschlüsselt; ihr Inhalt konnte nicht geprüft werden.',
  'file-type.mismatch': 'Die Datei „{name}“ gibt sich als {declared} aus, ist aber {detected}.',
  'sizes-counts.parts': 'Die Nachricht hat {value} Teile, mehr als {limit}.',
  'sizes-counts.attachments': 'Die Nachricht hat {value} Anhänge, mehr als {limit}.',
  'sizes-counts.attachment-bytes': 'Ein Teil der Nachricht hat {value} Bytes, mehr als {limit}.',
  'sizes-counts.header-bytes': 'Der Kopf der Nachricht hat {value} Bytes, mehr als {limit}.',
  'sizes-counts.recipients': 'Die Nachricht hat {value} Empfänger, mehr als {limit}.',

  'sender.header-from': '{who} darf nicht als {author} senden, was im From-Feld steht.',
  'sender.no-single-author':
    '{who} muss mit genau einem From-Feld und einem Verfasser senden; diese Nachricht zeigt: {authors}.',
  'dkim-sign.unsigned': 'Die Nachricht geht ohne unsere DKIM-Signatur für „{domain}“ hinaus: {reason}.',
  'dnsbl.listed': 'Der sendende Server steht auf der Sperrliste {zone} ({answer}).',

  'early-talker.talked-before-greeting': 'Der sendende Server sprach, bevor er begrüßt wurde.',

  'rule.sender': 'Die Regel verlangt es für diesen Absender.',
  'rule.recipient': 'Die Regel verlangt es für diesen Empfänger.',
  'rule.message': 'Die Regel verlangt es für jede Nachricht, auf die sie passt.',
  'rule.split':
    'Andere Empfänger dieser Nachricht nehmen sie an, darum wird sie zurückgehalten statt abgewiesen.',

  'story.connection': 'Verbindung',
  'story.checks': 'Prüfungen',
  'story.decision': 'Entscheidung',
  'story.recipients': 'Empfänger',
  'story.record': 'Protokoll',
  'story.message': 'Nachricht {id} ({direction}, {size} Bytes), empfangen {at}',
  'story.in': 'eingehend',
  'story.out': 'ausgehend',
  'story.from': 'Von {from}, Umschlagabsender {mailFrom}',
  'story.subject': 'Betreff: {subject}',
  'story.message-id': 'Message-ID: {id}',
  'story.peer': '{ip} ({name}) nannte sich {helo}, über {protocol} an {listener}',
  'story.no-name': 'kein bestätigter Name',
  'story.tls': 'Verschlüsselt mit {version}, {cipher}',
  'story.no-tls': 'Nicht verschlüsselt',
  'story.auth': 'Angemeldet als {who} ({method})',
  'story.verdict.accept': 'Angenommen',
  'story.verdict.tag': 'Mit Kennzeichnung angenommen',
  'story.verdict.hold': 'Zurückgehalten',
  'story.verdict.reject': 'Abgewiesen',
  'story.verdict.defer': 'Aufgeschoben',
  'story.policy': 'nach Regelwerk {version}',
  'story.reason': 'Regel „{rule}“: {text}',
  'story.state.queued': 'wartet auf Zustellung',
  'story.state.queued-until': 'wartet, nächster Versuch {at}',
  'story.state.held': 'zurückgehalten',
  'story.state.delivered': 'zugestellt {at}',
  'story.state.failed': 'fehlgeschlagen {at}',
  'story.state.expired': 'aufgegeben {at}',
  'story.state.deleted': 'gelöscht {at}',
  'story.state.refused': 'im Dialog abgewiesen {at}',
  'story.state.put-off': 'im Dialog aufgeschoben {at}, der Absender versucht es wieder',
  'story.not-asked':
    'nicht gefragt: dafür braucht es die Adresse des Servers (--ip) und seinen Absender (--from) oder Namen (--helo)',
  'story.attempt.delivered': '{at} angenommen von {host}',
  'story.attempt.deferred': '{at} aufgeschoben von {host} bei {stage}',
  'story.attempt.failed': '{at} abgelehnt von {host} bei {stage}',
  'story.attempt.deferred-here': '{at} aufgeschoben bei {stage}, {host}',
  'story.attempt.failed-here': '{at} aufgegeben bei {stage}, {host}',
  'story.attempt.nobody': 'kein Server erreicht',
  'story.attempt.found': 'festgestellt: {reply}',
  'story.attempt.reply': 'Antwort: {reply}',
  'story.attempt.security': 'Transport: {security}{detail}',
};
