/** Notices in words, in the languages of the console. Names of people and things are put in by who shows them. */
import type { NoticeKind } from './notices.ts';

export type NoticeLanguage = 'de' | 'en' | 'nl';

const TEXTS: Readonly<Record<NoticeKind, Readonly<Record<NoticeLanguage, string>>>> = {
  'approval-asked': {
    de: 'Ein Antrag wartet auf Ihre Zustimmung.',
    en: 'A request waits for your approval.',
    nl: 'Een aanvraag wacht op uw goedkeuring.',
  },
  'request-refused': {
    de: 'Ihr Antrag wurde abgelehnt.',
    en: 'Your request was refused.',
    nl: 'Uw aanvraag is afgewezen.',
  },
  'request-executed': {
    de: 'Ihr Antrag wurde genehmigt und ausgeführt.',
    en: 'Your request was approved and carried out.',
    nl: 'Uw aanvraag is goedgekeurd en uitgevoerd.',
  },
  'break-glass': {
    de: 'Jemand hat sich im Notfall selbst Rechte genommen.',
    en: 'Somebody has taken rights in an emergency.',
    nl: 'Iemand heeft zich in een noodgeval rechten toegeëigend.',
  },
  'break-glass-reviewed': {
    de: 'Ihr Notfallzugriff wurde geprüft.',
    en: 'Your emergency access was reviewed.',
    nl: 'Uw noodtoegang is beoordeeld.',
  },
  'content-access': {
    de: 'Jemand darf jetzt für kurze Zeit Nachrichten lesen.',
    en: 'Somebody may now read messages for a short time.',
    nl: 'Iemand mag nu korte tijd berichten lezen.',
  },
  'content-opened': {
    de: 'Eine Nachricht wurde von jemand anderem gelesen.',
    en: 'A message was read by somebody else.',
    nl: 'Een bericht is door iemand anders gelezen.',
  },
  'campaign-opened': {
    de: 'Rechte sind zu bestätigen; was nicht bestätigt wird, endet.',
    en: 'Rights are to be confirmed; what is not confirmed ends.',
    nl: 'Rechten moeten worden bevestigd; wat niet wordt bevestigd, vervalt.',
  },
  'right-removed': {
    de: 'Ihnen wurde ein Recht entzogen.',
    en: 'A right was taken from you.',
    nl: 'Er is u een recht ontnomen.',
  },
};

export function noticeText(kind: NoticeKind, language: NoticeLanguage): string {
  return TEXTS[kind][language];
}
