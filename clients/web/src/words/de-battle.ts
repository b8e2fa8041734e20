/** The words of battles, in German. */
import { many, number } from './de';
import type { BattleWords } from './en-battle';

/** See `de-inside`: oneself in a sentence. */
const YOU = 'Du';
const does = (who: string, third: string, second: string): string => `${who} ${who === YOU ? second : third}`;

export const deBattle: BattleWords = {
  title: 'Das Battle',
  modes: {
    NO_RACE: ['Freie Wahl', 'Alle nehmen die Karten, die sie mögen. Am Ende zählen die Punkte.'],
    SAME_DECK: ['Gleiche Karten', 'Fünf Karten, für alle dieselben, in derselben Reihenfolge.'],
    DUEL: ['Duell', 'Ihr zwei, drei Karten.'],
  },

  open: {
    title: 'Battle starten',
    lead: 'Alle gehen raus und fragen, zur selben Zeit. Ein Nein zählt am meisten.',
    mode: 'Welche Art?',
    minutes: 'Wie lange?',
    other: 'Anders',
    own: 'Minuten',
    ownHint: 'Von 10 Minuten bis zu 7 Tagen (10.080).',
    rules: 'Ein kleines Extra',
    heat: 'Glut',
    heatHint: 'Nach zweimal Nein oder Schweigen in Folge zählt die nächste Meldung doppelt.',
    doubleDown: 'Doppelt mutig',
    doubleDownHint: 'Wer ohne Requisiten und ohne Ausrede fragt, bekommt einen Punkt mehr.',
    send: 'Lobby öffnen',
    sending: 'Wird geöffnet…',
    there: 'Es gibt schon ein Battle.',
    goThere: 'Zum Battle',
  },

  lobby: {
    title: 'Wer dabei ist',
    calls: (who: string) => `${who} ruft ein Battle aus`,
    callsYou: 'Dein Battle',
    host: 'Ruft aus',
    join: 'Bin dabei',
    joining: 'Du steigst ein…',
    leave: 'Lieber nicht',
    start: 'Battle beginnen',
    starting: 'Es geht los…',
    startsWithTwo: 'Es braucht zwei. Sobald jemand dazukommt, kannst du beginnen.',
    waits: (who: string) =>
      `${who} beginnt, wenn alle da sind. Du kannst diese Seite solange ruhig schließen.`,
    callOff: 'Absagen',
    full: 'Dieses Duell hat seine zwei. Du kannst zuschauen.',
    heat: 'Mit Glut',
    doubleDown: 'Mit doppelt mutig',
    points: 'Ein Nein bringt 3 Punkte, Schweigen oder halb-halb 2, ein Ja 1.',
  },

  countdown: {
    label: 'Es beginnt in',
    told: (seconds: number) => `Das Battle beginnt in ${many(seconds, 'Sekunde', 'Sekunden')}.`,
    go: 'Los!',
    hint: 'Atme aus. Die erste Karte kommt gleich.',
  },

  live: {
    left: 'Noch',
    told: (seconds: number) => `Noch ${number(seconds)} Sekunden.`,
    grace: 'Die Zeit ist um.',
    graceUntil: (time: string) => `Wer schon unterwegs war, kann noch ${time} lang melden.`,
    counting: 'Die letzten Punkte werden gezählt.',
    watching: 'Du schaust zu.',
    joinLate: 'Ich mach auch mit',
    tooLate: 'Zum Einsteigen ist es zu spät. Dein Beifall zählt trotzdem.',
    leave: 'Battle verlassen',
    duelFull: 'Dieses Duell hat seine zwei. Dein Beifall zählt trotzdem.',
    leaveHint: 'Deine Punkte bleiben stehen.',
  },

  turn: {
    title: 'Deine nächste Karte',
    mine: 'Deine Karte',
    pick: 'Such dir die nächste Karte aus',
    others: 'Andere Karten',
    take: 'Nehm ich',
    taking: 'Deine Karte kommt…',
    unknown: 'Deine Karte kommt, sobald du wieder Netz hast.',
    of: (n: number, all: number) => `Karte ${number(n)} von ${number(all)}`,
    doubleDown: 'Doppelt mutig',
    doubleDownHint: 'Ohne Requisiten, ohne Ausrede: +1, was auch kommt.',
    notThis: 'Die nicht',
    notThisFree: 'Eine Karte auslassen kostet nichts. Niemand erfährt es.',
    hot: 'Du glühst: Deine nächste Meldung zählt doppelt.',
    tooSoon: (time: string) =>
      `Lass dir Zeit. Im Battle zählt eine Meldung wieder in ${time}. Vorher ist es eine Mutprobe mit allen XP.`,
    counted: 'Die zählt.',
    notCounted:
      'Die kam zu früh oder zu spät, um hier zu zählen. Als Mutprobe mit allen XP gilt sie trotzdem.',
    done: {
      cards: 'Das war deine letzte Karte. Stark!',
      reports: 'Zehn Meldungen: Mehr zählen nicht. Stark!',
    },
    graceCard: 'Für Punkte ist es zu spät. Die Karte bleibt dir als gewöhnliche Mutprobe.',
    stillOpen: 'Eine Karte von dir ist noch offen. Sie bleibt dir als gewöhnliche Mutprobe.',
    graceCardLink: 'Mutprobe öffnen',
    graceDone: 'Lehn dich zurück und schau, wie es ausgeht.',
  },

  table: {
    title: 'Punkte',
    rank: 'Rang',
    player: 'Wer',
    noes: 'Neins',
    points: 'Punkte',
    hot: 'Glüht: Die nächste Meldung zählt doppelt',
    tieBreak: 'Meiste Punkte zuerst; dann meiste Neins; dann weniger Meldungen.',
    later: 'Die Tabelle kommt, sobald du wieder Netz hast.',
  },

  cheers: 'Gerade eben',

  result: {
    won: (who: string) => `${who} hat gewonnen`,
    wonYou: 'Du hast gewonnen',
    shared: (all: string) => `Gemeinsamer Sieg: ${all}`,
    draw: 'Unentschieden. Zwei Mutige.',
    nobody: 'Diesmal hat niemand etwas gemeldet. Musste auch niemand.',
    mine: (reports: number) => `Du hast ${number(reports)}-mal gefragt. Dazu gehört Mut.`,
    watched: 'Danke fürs Zuschauen und Anfeuern.',
    xp: (xp: number) => `+${number(xp)} XP fürs Battle`,
    again: 'Noch eins starten',
    toSquad: 'Zurück zur Crew',
  },

  cancelled: {
    title: 'Dieses Battle wurde abgesagt.',
    reasons: {
      BY_HOST: 'Wer es ausgerufen hat, hat es abgesagt.',
      TOO_FEW: 'Ihr wart am Anfang zu wenige. Es braucht zwei.',
      NOT_STARTED: 'Einen Tag lang hat es niemand begonnen.',
      SQUAD_ARCHIVED: 'Die Crew ist zu Ende.',
    },
    free: 'Es hat niemanden etwas gekostet.',
  },

  gone: 'So ein Battle gibt es hier nicht.',
  offline: 'Dieses Battle kommt, sobald du wieder Netz hast.',

  replay: {
    title: 'So lief es',
    scrub: 'Moment im Verlauf',
    play: 'Abspielen',
    pause: 'Anhalten',
    step: (n: number, all: number, what: string) => `${number(n)} von ${number(all)}: ${what}`,
    later: 'Der Verlauf kommt, sobald du wieder Netz hast.',
    moments: {
      opened: (who: string) => `${does(who, 'rief', 'riefst')} das Battle aus`,
      joined: (who: string) => `${does(who, 'kam', 'kamst')} dazu`,
      left: (who: string) => `${does(who, 'ging', 'gingst')}`,
      countdown: 'Der Countdown begann',
      live: 'Es ging los',
      grace: 'Die Zeit war um',
      finished: 'Es war vorbei',
      cancelled: 'Es wurde abgesagt',
      corrected: (who: string) => `${does(who, 'hat', 'hast')} eine Meldung berichtigt`,
      other: 'Etwas ist passiert',
    },
  },
};
