/** Wat bevindingen de mensen zeggen, in het Nederlands. De sleutels zijn die van de Engelse catalogus. */
import type { Texts } from './en.ts';

export const nl: Texts = {
  '*.clean': 'Niets verdachts gevonden.',
  '*.crashed': 'Deze controle is op het bericht vastgelopen; dat geldt als risico, niet als onschuldig.',
  '*.timeout': 'Deze controle was niet op tijd klaar; dat geldt als risico, niet als onschuldig.',

  'spf.pass': 'De server {ip} mag voor {domain} verzenden (SPF).',
  'spf.fail': '{domain} zegt dat de server {ip} niet voor haar mag verzenden (SPF).',
  'spf.softfail': '{domain} zegt dat de server {ip} waarschijnlijk niet voor haar mag verzenden (SPF).',
  'spf.neutral': '{domain} zegt niet of de server {ip} voor haar mag verzenden (SPF).',
  'spf.none': '{domain} zegt niet welke servers voor haar mogen verzenden (SPF).',
  'spf.temperror': 'Welke servers voor {domain} mogen verzenden was zojuist niet te achterhalen (SPF).',
  'spf.permerror': 'Het SPF-record van {domain} is onjuist.',

  'dkim.pass': 'De handtekening van {domain} is echt (DKIM).',
  'dkim.fail': 'De handtekening van {domain} past niet bij het bericht (DKIM): {reason}.',
  'dkim.none': 'Het bericht draagt geen handtekening (DKIM).',
  'dkim.neutral': 'De handtekening van {domain} was niet te beoordelen (DKIM): {reason}.',
  'dkim.policy': 'De handtekening van {domain} is echt, maar te zwak om te gelden (DKIM): {reason}.',
  'dkim.temperror': 'De sleutel bij de handtekening van {domain} was zojuist niet op te halen (DKIM).',
  'dkim.permerror': 'De handtekening van {domain} is onjuist (DKIM): {reason}.',
  'dkim.partial':
    'De handtekening van {domain} dekt alleen het begin van het bericht; de rest kan van iedereen zijn, dus bewijst ze geen afzender (DKIM).',
  'dkim.unsigned-duplicate':
    'De handtekening van {domain} dekt maar één van meerdere velden met dezelfde naam ({fields}); de andere kunnen van iedereen zijn, dus bewijst ze geen afzender (DKIM).',

  'arc.pass': 'De weg van het bericht is zonder gaten verzegeld, het laatst door {sealer} (ARC).',
  'arc.trusted': 'De weg van het bericht is verzegeld door {sealer}, die wij vertrouwen (ARC).',
  'arc.fail': 'De zegels op de weg van het bericht kloppen niet (ARC): {reason}.',
  'arc.none': 'Het bericht draagt geen zegels van zijn weg (ARC).',
  'arc.temperror': 'De sleutels bij de zegels van het bericht waren zojuist niet op te halen (ARC).',

  'dmarc.pass': 'Het bericht komt aantoonbaar van {domain} (DMARC).',
  'dmarc.fail-none':
    'Het bericht zegt van {domain} te komen, maar dat is niet bewezen; {domain} vraagt geen maatregel (DMARC).',
  'dmarc.fail-quarantine':
    'Het bericht zegt van {domain} te komen, maar dat is niet bewezen; {domain} vraagt zulke post vast te houden (DMARC).',
  'dmarc.fail-reject':
    'Het bericht zegt van {domain} te komen, maar dat is niet bewezen; {domain} vraagt zulke post te weigeren (DMARC).',
  'dmarc.fail-reject-indirect':
    'Het bericht zegt van {domain} te komen, maar dat is niet bewezen; het kwam via een mailinglijst van {list}, die wij vertrouwen (DMARC).',
  'dmarc.implicit-fail':
    'Het bericht zegt van {domain} te komen, en wat het kon bewijzen mislukte; {domain} heeft geen DMARC-beleid.',
  'dmarc.none': '{domain} heeft geen DMARC-beleid.',
  'dmarc.overridden':
    'Het is niet bewezen dat het bericht van {domain} komt, maar {sealer}, die wij vertrouwen, zag het bewijs voordat hij het wijzigde (ARC).',
  'dmarc.temperror': 'Of het bericht van {domain} komt was zojuist niet te achterhalen (DMARC).',
  'dmarc.permerror': 'Het DMARC-beleid van {domain} is onjuist: {reason}.',
  'dmarc.ambiguous-author':
    'De server mag voor {domain} verzenden, maar mailprogramma’s kunnen iemand anders als afzender tonen; bewezen is er dus niets (DMARC): {reason}.',
  'dmarc.no-single-author':
    'Het bericht heeft geen eenduidige afzender die te bewijzen is (DMARC): {reason}.',

  'iprev.pass': 'De server {ip} heet {name}.',
  'iprev.fail': 'De server {ip} heeft geen naam die naar hem terugleidt.',
  'iprev.temperror': 'De naam van de server {ip} was zojuist niet te achterhalen.',
  'iprev.permerror': 'De naam van de server {ip} was niet te achterhalen.',

  'clamav.clean': 'ClamAV vond geen schadelijke software.',
  'clamav.malware': 'ClamAV vond schadelijke software: {signature}.',
  'clamav.absent':
    'ClamAV is niet ingericht; het bericht is er niet mee op schadelijke software gecontroleerd.',
  'clamav.unavailable':
    'ClamAV gaf geen antwoord; het bericht is er niet mee op schadelijke software gecontroleerd.',
  'clamav.too-large': 'Het bericht heeft {bytes} bytes, meer dan ClamAV krijgt ({maxBytes}).',
  'clamav.unread':
    'Delen van het bericht die alleen sommige mailprogramma’s tonen, konden niet aan ClamAV worden gegeven.',

  'byte-defects.bare-cr':
    'Het bericht heeft {count} carriage returns zonder line feed; mailprogramma’s lezen die verschillend.',
  'byte-defects.bare-lf':
    'Het bericht heeft {count} line feeds zonder carriage return; mailprogramma’s lezen die verschillend.',
  'byte-defects.nul': 'Het bericht heeft {count} nulbytes, die in post niet mogen voorkomen.',
  'byte-defects.long-line': 'Het bericht heeft {count} regels die langer zijn dan toegestaan.',
  'byte-defects.eight-bit': 'Het bericht heeft bytes boven 127, hoewel de afzender er geen aankondigde.',

  'from-header.none': 'Het bericht noemt geen afzender.',
  'from-header.several':
    "Het bericht noemt meerdere afzenders ({authors}); mailprogramma's tonen verschillende.",
  'from-header.disguised':
    'De afzender {authors} is vermomd met onzichtbare, omkerende of gelijkende tekens.',
  'from-header.display-name': 'De naam van de afzender toont een adres van een ander domein dan {authors}.',
  'from-header.ambiguous':
    "De afzender {authors} is zo geschreven dat mailprogramma's hem verschillend lezen ({defects}).",
  'mime-structure.limit': 'Het bericht kon niet tot het einde worden gelezen: te veel ervan ({limit}).',
  'mime-structure.unread': 'Het bericht kan op meer manieren worden gelezen dan konden worden geprobeerd.',
  'mime-structure.hidden-part':
    'Sommige mailprogramma\'s zouden {count} delen tonen die andere niet tonen, eerst {type} "{name}" ({reason}).',
  'mime-structure.ambiguous': "Mailprogramma's lezen de opbouw van het bericht verschillend ({defects}).",
  'mime-structure.untidy': 'De opbouw van het bericht is slordig ({defects}).',
  'file-type.blocked': 'Het bestand "{name}" is van een soort die niet wordt doorgelaten ({detected}).',
  'file-type.reversed-name':
    'De naam van het bestand "{name}" keert de leesrichting om te verbergen wat het is ({detected}).',
  'file-type.double-extension':
    'Het bestand "{name}" verbergt zijn gevaarlijke extensie achter een onschuldige ({detected}).',
  'file-type.program-in-archive': 'Het archief "{name}" bevat een programma.',
  'file-type.polyglot': 'Het bestand "{name}" is {detected} en tegelijk iets anders.',
  'file-type.macros': 'Het document "{name}" bevat macro\'s.',
  'file-type.encrypted': 'Het bestand "{name}" is versleuteld; de inhoud kon niet worden gecontroleerd.',
  'file-type.mismatch': 'Het bestand "{name}" noemt zich {declared} maar is {detected}.',
  'sizes-counts.parts': 'Het bericht heeft {value} delen, meer dan {limit}.',
  'sizes-counts.attachments': 'Het bericht heeft {value} bijlagen, meer dan {limit}.',
  'sizes-counts.attachment-bytes': 'Een deel van het bericht heeft {value} bytes, meer dan {limit}.',
  'sizes-counts.header-bytes': 'De kop van het bericht heeft {value} bytes, meer dan {limit}.',
  'sizes-counts.recipients': 'Het bericht heeft {value} ontvangers, meer dan {limit}.',

  'sender.header-from': '{who} mag niet verzenden als {author}, zoals in het From-veld staat.',
  'sender.no-single-author':
    '{who} moet verzenden met precies één From-veld en één afzender; dit bericht toont: {authors}.',
  'dkim-sign.unsigned': 'Het bericht vertrekt zonder onze DKIM-handtekening voor ‘{domain}’: {reason}.',
  'dnsbl.listed': 'De verzendende server staat op de blokkeerlijst {zone} ({answer}).',

  'early-talker.talked-before-greeting': 'De verzendende server sprak voordat hij begroet was.',

  'rule.sender': 'De regel vraagt dit voor deze afzender.',
  'rule.recipient': 'De regel vraagt dit voor deze ontvanger.',
  'rule.message': 'De regel vraagt dit voor elk bericht waarop hij past.',
  'rule.split':
    'Andere ontvangers van dit bericht nemen het aan, daarom wordt het vastgehouden in plaats van geweigerd.',

  'story.connection': 'Verbinding',
  'story.checks': 'Controles',
  'story.decision': 'Beslissing',
  'story.recipients': 'Ontvangers',
  'story.record': 'Logboek',
  'story.message': 'Bericht {id} ({direction}, {size} bytes), ontvangen {at}',
  'story.in': 'inkomend',
  'story.out': 'uitgaand',
  'story.from': 'Van {from}, envelop-afzender {mailFrom}',
  'story.subject': 'Onderwerp: {subject}',
  'story.message-id': 'Message-ID: {id}',
  'story.peer': '{ip} ({name}) noemde zich {helo}, via {protocol} bij {listener}',
  'story.no-name': 'geen bevestigde naam',
  'story.tls': 'Versleuteld met {version}, {cipher}',
  'story.no-tls': 'Niet versleuteld',
  'story.auth': 'Aangemeld als {who} ({method})',
  'story.verdict.accept': 'Aangenomen',
  'story.verdict.tag': 'Met markering aangenomen',
  'story.verdict.hold': 'Vastgehouden',
  'story.verdict.reject': 'Geweigerd',
  'story.verdict.defer': 'Uitgesteld',
  'story.policy': 'volgens beleid {version}',
  'story.reason': 'regel “{rule}”: {text}',
  'story.state.queued': 'wacht op bezorging',
  'story.state.queued-until': 'wacht, volgende poging {at}',
  'story.state.held': 'vastgehouden',
  'story.state.delivered': 'bezorgd {at}',
  'story.state.failed': 'mislukt {at}',
  'story.state.expired': 'opgegeven {at}',
  'story.state.deleted': 'verwijderd {at}',
  'story.state.refused': 'in de dialoog geweigerd {at}',
  'story.state.put-off': 'in de dialoog uitgesteld {at}, de afzender probeert het opnieuw',
  'story.not-asked':
    'niet gevraagd: daarvoor is het adres van de server (--ip) nodig en zijn afzender (--from) of naam (--helo)',
  'story.attempt.delivered': '{at} aangenomen door {host}',
  'story.attempt.deferred': '{at} uitgesteld door {host} bij {stage}',
  'story.attempt.failed': '{at} geweigerd door {host} bij {stage}',
  'story.attempt.deferred-here': '{at} uitgesteld bij {stage}, {host}',
  'story.attempt.failed-here': '{at} opgegeven bij {stage}, {host}',
  'story.attempt.nobody': 'geen server bereikt',
  'story.attempt.found': 'vastgesteld: {reply}',
  'story.attempt.reply': 'antwoord: {reply}',
  'story.attempt.security': 'transport: {security}{detail}',
};
