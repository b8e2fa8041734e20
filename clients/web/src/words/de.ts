/**
 * The words of the first screens, in German; `de-inside` has those that come with the others.
 * Du, warm, short; a squad is a Crew, a dare a Mutprobe, and Nein is the loud word.
 */
import type { Words } from './en';
import { once } from './once';

const numbers = once(() => new Intl.NumberFormat('de'));
const plurals = once(() => new Intl.PluralRules('de'));
export const number = (n: number): string => numbers().format(n);
export const many = (n: number, one: string, more: string): string =>
  `${number(n)} ${plurals().select(n) === 'one' ? one : more}`;

export const de: Words = {
  locale: 'de',
  language: 'Sprache',
  app: 'Gutsy',
  mark: {
    path: 'M70 164V76h3l42 88h3V76M186 76h-34v88h34M152 120h30M211 65v110M245 164V76h3l40 88h3V76',
    weight: 22,
  },
  number,
  you: 'Du',
  formerMember: 'Ehemaliges Mitglied',
  unnamedSquad: 'deine Crew',
  skipToContent: 'Zum Inhalt',
  loading: 'Moment …',

  missing: {
    title: 'Diese Seite ließ sich nicht laden.',
    hint: 'Vielleicht ist gerade kein Netz da, oder es gibt ein neues Gutsy.',
    reload: 'Noch mal laden',
  },

  start: {
    title: 'Hol dir ein Nein. Mit Absicht.',
    lead: 'Deine Crew und du: Ihr fordert euch heraus, Fremde um kleine, ungewöhnliche Dinge zu bitten. Ein Nein ist ein Gewinn. Dass du gefragt hast, auch.',
    newSquad: 'Crew gründen',
    squadName: 'Name der Crew',
    begin: 'Ich bin 18 oder älter, los geht’s',
    nameless: 'Deine Crew braucht einen Namen.',
    membersOnly: 'Hier kommen nur Mitglieder rein. Hast du einen Einladungslink? Dann öffne den.',
    haveInvite: 'Eingeladen? Öffne einfach den Link.',
    haveCode: 'Ich spiele schon: Code eingeben',
  },

  signIn: {
    name: 'Dein Name',
    nameHint: 'So, wie deine Leute dich nennen. 3 bis 24 Zeichen.',
    short: 'Das ist etwas kurz: mindestens 3 Zeichen, bitte. Ein Spitzname genügt.',
    busy: 'Moment …',
    browser:
      'Kein Passwort, keine E-Mail: Dieser Browser merkt sich dich. Nimm nächstes Mal wieder denselben.',
    ended:
      'Dieser Browser ist nicht mehr angemeldet, darum weiß Gutsy nicht, wer du warst. Ein Code von einem deiner anderen Geräte bringt dich zurück. Ohne Code: Lass dir einen Einladungslink schicken und komm mit einem neuen Namen rein.',
    endedJoin: 'Dieser Browser ist nicht mehr angemeldet, darum kommst du mit einem neuen Namen rein.',
    practice:
      'Das hier ist eine Übung, in deinem Tempo. Wenn dir gerade alles schwerfällt, hol dir zuerst professionelle Hilfe.',
    taken: (free: string) =>
      `Den Namen gibt es schon. „${free}“ ist frei: Tipp noch mal, oder nimm einen anderen.`,
  },

  join: {
    invited: (by: string) => `${by} lädt dich ein in die Crew`,
    invitedByNobody: 'Du bist eingeladen in die Crew',
    size: (members: number, size: number) => `${number(members)} von ${number(size)} Plätzen belegt`,
    what: 'Fordert euch heraus, Fremde um kleine, ungewöhnliche Dinge zu bitten. Ein Nein ist ein Gewinn.',
    history: 'Mitglieder sehen die ganze Geschichte der Crew, auch die von früher.',
    enter: 'Ich bin 18 oder älter, lass mich rein',
    as: (name: string) => `Du bist hier als ${name}.`,
    join: (squad: string) => `Bei ${squad} mitmachen`,
    entering: 'Du kommst rein …',
    approval: 'Hier entscheiden Leitung und Captains, wer reinkommt. Du fragst, sie antworten.',
    full: 'Diese Crew ist gerade voll. Frag an; sobald Platz ist, kannst du rein.',
    ask: (squad: string) => (squad === '' ? 'Anfragen' : `Bei ${squad} anfragen`),
    askNew: 'Ich bin 18 oder älter, anfragen',
    asking: 'Du fragst an …',
    already: 'Du bist schon in dieser Crew.',
    toSquad: 'Zur Crew',
    offline: 'Die Einladung ließ sich nicht laden. Sobald du wieder Netz hast, geht es weiter.',
    again: 'Noch mal versuchen',
    toStart: 'Zur Startseite',
  },

  connection: {
    label: 'Verbindung',
    offline: 'Gutsy ist gerade nicht erreichbar. Was du tust, bleibt hier und geht später raus.',
    replaced: 'Gutsy ist in einem anderen Fenster offen.',
    useHere: 'Hier benutzen',
    outdated: 'Es gibt ein neues Gutsy.',
    reload: 'Neue Version laden',
    stopped: 'Die Verbindung wurde geschlossen.',
    again: 'Neu verbinden',
  },

  refusals: {
    BAD_INPUT: 'Da stimmt etwas nicht. Schau bitte noch mal drüber.',
    SQUAD_FULL: 'Diese Crew ist voll.',
    BANNED: 'In diese Crew kannst du nicht.',
    INVITE_INVALID:
      'Dieser Link gilt nicht mehr, oder es fehlt ein Stück davon. Lass dir einen neuen schicken.',
    INVITE_EXPIRED: 'Diese Einladung ist abgelaufen. Lass dir einen neuen Link schicken.',
    INVITE_USED_UP: 'Diese Einladung ist aufgebraucht. Lass dir einen neuen Link schicken.',
    HANDLE_TAKEN: 'Den Namen gibt es schon.',
    BUSY: 'Gerade ist viel los. Versuch es gleich noch mal.',
    NO_ANSWER: 'Gutsy hat nicht geantwortet. Versuch es gleich noch mal.',
    other: 'Das hat nicht geklappt.',
  },
};
