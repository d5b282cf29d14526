/**
 * Passwords that are tried first. No leaked list is shipped; the list is made by rule, the way the guessing programs make
 * theirs: well-known words, names, teams and months in German, Dutch and English, seen through upper case, digits for
 * letters, and what is hung on (`P@ssw0rd2024!` is `password`); runs along the keyboard; repetitions; dates. An operator may
 * add a list of leaked passwords (`breached-passwords.ts`).
 */
const WORDS: ReadonlySet<string> = new Set(
  `password passwort wachtwoord passwd passcode kennwort geheim geheimnis secret letmein welcome willkommen welkom hello hallo
  admin administrator root user test testing tester demo guest login logmein default changeme changeit temp temporary sommer summer
  winter zomer herbst autumn herfst spring fruehling lente monday montag maandag tuesday dienstag dinsdag wednesday mittwoch woensdag
  thursday donnerstag donderdag friday freitag vrijdag saturday samstag zaterdag sunday sonntag zondag january januar januari february
  februar februari march maerz maart april may mai mei june juni july juli august augustus september october oktober november december
  dezember iloveyou ichliebedich ikhouvanjou loveyou lovely love liebe liefde schatz schatzi schatje darling sweetheart baby babygirl
  princess prinzessin prinses angel engel sunshine sonnenschein zonnetje flower blume bloem butterfly schmetterling vlinder monkey affe
  dragon drache draak tiger lion loewe leeuw panther eagle adler falcon phoenix shark dolphin horse pferd paard hund hond dog doggy
  katze cat kitty kitten bear baer beer wolf snoopy garfield mickey minnie donald disney batman superman spiderman ironman pokemon
  pikachu starwars startrek matrix hunter killer ninja samurai warrior master shadow ghost magic merlin wizard gandalf matthew michael
  michelle jennifer jessica jordan daniel thomas andrew joshua charlie robert william richard george ashley amanda nicole samantha
  maggie ginger pepper cookie chocolate schokolade chocolade cheese kaese kaas banana orange apple apfel appel cherry lemon computer
  internet windows microsoft google facebook instagram linkedin whatsapp twitter youtube android iphone samsung nokia sony toshiba dell
  apache linux ubuntu debian oracle cisco server network system security sicherheit beveiliging access zugang toegang trustno whatever
  nothing nichts niets football fussball voetbal soccer baseball basketball hockey tennis golf cricket rugby bayern dortmund schalke
  werder hertha eintracht frankfurt muenchen hamburg berlin koeln stuttgart leipzig dresden bremen hannover ajax feyenoord arsenal
  chelsea liverpool manchester united barcelona realmadrid juventus yankees cowboys lakers eagles steelers packers broncos ferrari
  porsche mercedes bmw audi volkswagen opel toyota honda harley yamaha mustang corvette camaro jaguar germany deutschland duitsland
  nederland netherlands holland amsterdam rotterdam utrecht england london france paris europe america austria oesterreich schweiz
  wien zuerich michaela stefan stefanie andreas christian christina sebastian florian alexander alexandra maximilian markus martin
  martina matthias peter petra hans klaus wolfgang juergen monika sabine susanne claudia nicole julia katharina lena leonie hannah
  emma sophie marie anna laura lukas leon finn jonas felix paul jan johan kees pieter willem hendrik maria anja tanja manuel patrick
  dennis marcel marco kevin justin tobias philipp simon benjamin jonathan samuel joseph david johannes antonio carlos francisco
  freedom freiheit vrijheid peace frieden vrede family familie friends freunde vrienden forever immer altijd happy gluecklich
  blessed jesus christ heaven himmel hemel god gott church kirche money geld dollar euro bitcoin business firma bedrijf company
  office buero kantoor mail email gmail yahoo hotmail outlook gatehouse gateway postfix mailserver mailbox meeting zoom teams skype
  purple lila paars yellow gelb geel green gruen groen black schwarz zwart white weiss wit blue blau blauw silver silber zilver
  golden diamond diamant crystal kristall rainbow regenbogen regenboog thunder donner storm sturm rocket rakete mother mutter moeder
  father vater vader brother bruder broer sister schwester zusje friend freund vriend buster tigger bailey rocky max sammy lucky
  scooter harley rusty cooper shelby ranger hunter fishing angeln vissen hockey player gamer gaming minecraft fortnite roblox callofduty
  blink metallica nirvana eminem beatles elvis madonna slipknot guitar gitarre gitaar music musik muziek dancer tanzen dansen
  qwerty qwertz azerty asdf yxcv zxcv abc abcd abcde abcdef abcdefg qazwsx qweasd passpass testtest adminadmin correcthorsebatterystaple
  einszwei dreivier onetwothree hallohallo lassmichrein doemaaropen openup opensesame sesam schnecke snoopydog superstar sexy hotstuff
  nopassword keinpasswort mypassword meinpasswort mijnwachtwoord newpassword neuespasswort password123 login123 start startup beginnen
  service support helpdesk manager director sales marketing finance account kunde klant customer bank sparkasse volksbank rabobank`
    .split(/\s+/)
    .map(letters),
);

const LEET: Readonly<Record<string, string>> = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  8: 'b',
  9: 'g',
  '@': 'a',
  $: 's',
  '!': 'i',
  '€': 'e',
  '|': 'l',
  '+': 't',
};
const RUNS: readonly string[] = [
  '01234567890',
  '1234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'yxcvbnm',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  '1qay2wsx3edc4rfv5tgb6zhn7ujm8ik9ol0p',
  'qazwsxedcrfvtgbyhnujm',
  'qaywsxedcrfvtgbzhnujm',
  '147258369',
  '741852963',
  '159753',
  '!"§$%&/()=',
  '!@#$%^&*()',
].flatMap((run) => [run, Array.from(run).toReversed().join('')]);

function letters(text: string): string {
  return text.replaceAll(/[^a-z]/g, '');
}

/** How many words the list is made of; what they stand for is many times as much. */
export const WORD_COUNT: number = WORDS.size;

export function isCommon(password: string): boolean {
  const lower = password.normalize('NFKC').toLowerCase();
  return isRepetition(lower) || isMadeOfRuns(lower) || isDate(lower) || isKnownWord(lower);
}

/** `aaaaaaaa`, `abcabcabc`, `hallohallo`. */
function isRepetition(text: string): boolean {
  return /^(.{1,4})\1+.{0,3}$/su.test(text) || (/^(.+)\1+$/su.test(text) && text.length < 24);
}

/** `12345678`, `qwertz123`, `1q2w3e4r` and what is put together of such pieces. */
function isMadeOfRuns(text: string): boolean {
  const woven = Array.from(text)
    .filter((_, i) => i % 2 === 0)
    .join('');
  const other = Array.from(text)
    .filter((_, i) => i % 2 === 1)
    .join('');
  return splits(text) || (text.length <= 12 && splits(woven) && splits(other));
}

function splits(text: string): boolean {
  let at = 0;
  while (at < text.length) {
    let length = 0;
    for (const run of RUNS)
      for (let n = Math.min(run.length, text.length - at); n > length; n--)
        if (run.includes(text.slice(at, at + n))) length = n;
    const isTail = text.length - at <= 3 && at >= 5;
    if (length < 3 && !isTail) return false;
    at += Math.max(length, 1);
  }
  return true;
}

/** A birthday in any order, with or without points. */
function isDate(text: string): boolean {
  return (
    /^(0?[1-9]|[12]\d|3[01])[-./ ]?(0?[1-9]|1[0-2])[-./ ]?(19|20)?\d\d$/.test(text) ||
    /^(19|20)\d\d[-./ ]?(0[1-9]|1[0-2])[-./ ]?([0-2]\d|3[01])$/.test(text)
  );
}

/** A word, or two of them, under digits for letters and with digits or signs at either end. */
function isKnownWord(text: string): boolean {
  const stripped = text.replaceAll(/^[^\p{L}@$€]+|[^\p{L}@$€]+$/gu, '');
  return [text, stripped].some(
    (t) =>
      (isWords(letters(t)) && t.length - letters(t).length <= 6) ||
      (isWords(letters(unleet(t))) && unleet(t).length - letters(unleet(t)).length <= 4),
  );
}

function unleet(text: string): string {
  return text
    .replaceAll(/[013457890@$!€|+]/g, (c) => LEET[c] ?? c)
    .replaceAll('ä', 'ae')
    .replaceAll('ö', 'oe')
    .replaceAll('ü', 'ue')
    .replaceAll('ß', 'ss');
}

function isWords(text: string): boolean {
  if (text === '') return false;
  if (WORDS.has(text)) return true;
  for (let i = 3; i <= text.length - 3; i++)
    if (text.length < 15 && WORDS.has(text.slice(0, i)) && WORDS.has(text.slice(i))) return true;
  return false;
}
