/** What a delivery report says to a person, in each language. Subjects stay ASCII, so that they need no encoding. */
export type DsnLanguage = 'en' | 'de' | 'nl';
export type DsnAction = 'failed' | 'delayed' | 'delivered' | 'relayed';

type Texts = {
  readonly subject: Readonly<Record<DsnAction, string>>;
  readonly intro: Readonly<Record<DsnAction, string>>;
  readonly advice: Readonly<Record<DsnAction, string>>;
  /** Before the words of the remote host, and before our own. */
  readonly remoteSaid: (host: string) => string;
  readonly weSay: string;
  readonly triedUntil: (date: string) => string;
  readonly signature: (host: string) => string;
};

export const DSN_TEXTS: Readonly<Record<DsnLanguage, Texts>> = {
  en: {
    subject: {
      failed: 'Undelivered mail returned to sender',
      delayed: 'Your mail has not been delivered yet',
      delivered: 'Your mail has been delivered',
      relayed: 'Your mail has been passed on',
    },
    intro: {
      failed: 'Your message could not be delivered to:',
      delayed: 'Your message has not reached these recipients yet. You do not have to do anything:',
      delivered: 'Your message has been delivered to:',
      relayed: 'Your message has been passed on to a mail host that sends no delivery reports itself, for:',
    },
    advice: {
      failed: 'It will not be tried again. The technical details are attached for your administrator.',
      delayed: 'We keep trying and tell you if we have to give up.',
      delivered: 'This report was sent because you asked for it.',
      relayed:
        'This report was sent because you asked for it. Whether the recipient got the message is not known.',
    },
    remoteSaid: (host) => `The mail host ${host} said:`,
    weSay: 'Reason:',
    triedUntil: (date) => `We keep trying until ${date}.`,
    signature: (host) => `This is the mail system at ${host}.`,
  },
  de: {
    subject: {
      failed: 'Unzustellbare Nachricht',
      delayed: 'Ihre Nachricht ist noch nicht zugestellt',
      delivered: 'Ihre Nachricht ist zugestellt',
      relayed: 'Ihre Nachricht ist weitergegeben',
    },
    intro: {
      failed: 'Ihre Nachricht konnte nicht zugestellt werden an:',
      delayed: 'Ihre Nachricht hat diese Empfänger noch nicht erreicht. Sie müssen nichts tun:',
      delivered: 'Ihre Nachricht wurde zugestellt an:',
      relayed:
        'Ihre Nachricht wurde an einen Mailserver weitergegeben, der selbst keine Zustellberichte schickt, für:',
    },
    advice: {
      failed:
        'Es wird nicht noch einmal versucht. Die technischen Angaben für Ihre Administration sind angehängt.',
      delayed: 'Wir versuchen es weiter und melden uns, wenn wir aufgeben müssen.',
      delivered: 'Diesen Bericht erhalten Sie, weil Sie ihn angefordert haben.',
      relayed:
        'Diesen Bericht erhalten Sie, weil Sie ihn angefordert haben. Ob die Nachricht angekommen ist, ist nicht bekannt.',
    },
    remoteSaid: (host) => `Der Mailserver ${host} sagte:`,
    weSay: 'Grund:',
    triedUntil: (date) => `Wir versuchen es bis ${date}.`,
    signature: (host) => `Dies ist das Mailsystem auf ${host}.`,
  },
  nl: {
    subject: {
      failed: 'Onbestelbaar bericht',
      delayed: 'Uw bericht is nog niet afgeleverd',
      delivered: 'Uw bericht is afgeleverd',
      relayed: 'Uw bericht is doorgegeven',
    },
    intro: {
      failed: 'Uw bericht kon niet worden afgeleverd bij:',
      delayed: 'Uw bericht heeft deze ontvangers nog niet bereikt. U hoeft niets te doen:',
      delivered: 'Uw bericht is afgeleverd bij:',
      relayed: 'Uw bericht is doorgegeven aan een mailserver die zelf geen afleverberichten stuurt, voor:',
    },
    advice: {
      failed: 'Er wordt niet opnieuw geprobeerd. De technische gegevens voor uw beheerder zijn bijgevoegd.',
      delayed: 'Wij blijven het proberen en laten het weten als wij moeten opgeven.',
      delivered: 'U ontvangt dit bericht omdat u erom hebt gevraagd.',
      relayed:
        'U ontvangt dit bericht omdat u erom hebt gevraagd. Of de ontvanger het bericht heeft gekregen, is niet bekend.',
    },
    remoteSaid: (host) => `De mailserver ${host} antwoordde:`,
    weSay: 'Reden:',
    triedUntil: (date) => `Wij proberen het tot ${date}.`,
    signature: (host) => `Dit is het mailsysteem op ${host}.`,
  },
};
