/** The words of battles, in English. */
import type { BattleMode, CancelReason } from '../wire/types.generated';
import { many, number } from './en';

export const enBattle = {
  title: 'Battle',
  modes: {
    NO_RACE: ['Free choice', 'Everybody takes the cards they like. Most points at the end.'],
    SAME_DECK: ['Same cards', 'Five cards, the same for everybody, in the same order.'],
    DUEL: ['Duel', 'Two of you, three cards.'],
  } satisfies Record<BattleMode, [string, string]>,

  open: {
    title: 'Start a battle',
    lead: 'Everybody goes out and asks, at the same time. A no is worth the most.',
    mode: 'What kind?',
    minutes: 'How long?',
    other: 'Other',
    own: 'Minutes',
    ownHint: 'From 10 minutes to 7 days (10,080).',
    rules: 'A little extra',
    heat: 'Heat',
    heatHint: 'After two noes or silences in a row, the next report counts twice.',
    doubleDown: 'Double down',
    doubleDownHint: 'Whoever goes in without props or an excuse gets one point more.',
    send: 'Open the lobby',
    sending: 'Opening…',
    there: 'There is a battle already.',
    goThere: 'Go to the battle',
  },

  lobby: {
    title: 'Who is in',
    calls: (who: string) => `${who} calls for a battle`,
    callsYou: 'Your battle',
    host: 'Host',
    join: "I'm in",
    joining: 'Joining…',
    leave: 'Rather not',
    start: 'Start the battle',
    starting: 'Starting…',
    startsWithTwo: 'It takes two. As soon as somebody joins, you can start.',
    waits: (who: string) => `${who} starts it when everybody is here. You can close this page meanwhile.`,
    callOff: 'Call it off',
    full: 'This duel has its two. You can watch.',
    heat: 'With heat',
    doubleDown: 'With doubling down',
    points: 'A no is 3 points, silence or a bit of both 2, a yes 1.',
  },

  countdown: {
    label: 'It begins in',
    told: (seconds: number) => `The battle begins in ${many(seconds, 'second', 'seconds')}.`,
    go: 'Go!',
    hint: 'Breathe out. The first card comes right away.',
  },

  live: {
    left: 'Time left',
    told: (seconds: number) => `${number(seconds)} seconds left.`,
    grace: 'Time is up.',
    graceUntil: (time: string) => `Last reports of those who went in still count for ${time}.`,
    counting: 'The last points are being counted.',
    watching: 'You are watching.',
    joinLate: "I'm in, too",
    tooLate: 'It is too late to join this one. Your cheers still count.',
    leave: 'Leave the battle',
    duelFull: 'This duel has its two. Your cheers still count.',
    leaveHint: 'Your points stay on the table.',
  },

  turn: {
    title: 'Your next card',
    mine: 'Your card',
    pick: 'Pick your next card',
    others: 'Other cards',
    take: 'Take it',
    taking: 'Your card is on its way…',
    unknown: 'Your card comes with your next connection.',
    of: (n: number, all: number) => `Card ${number(n)} of ${number(all)}`,
    doubleDown: 'Double down',
    doubleDownHint: 'No props, no excuse: +1 whatever they say.',
    notThis: 'Not this one',
    notThisFree: 'Passing on a card is free. Nobody is told.',
    hot: 'You are on fire: your next report counts twice.',
    tooSoon: (time: string) =>
      `Take your time. A report counts in the battle again in ${time}. Earlier it is still a dare with all its XP.`,
    counted: 'That one counts.',
    notCounted: 'That one came too soon or too late to count here. It is still a dare with all its XP.',
    done: {
      cards: 'That was your last card. Well played!',
      reports: 'Ten reports: more do not count. Well played!',
    },
    graceCard: 'Too late to go in for points. The card stays yours as an ordinary dare.',
    stillOpen: 'A card of yours is still open. It stays yours as an ordinary dare.',
    graceCardLink: 'Open the dare',
    graceDone: 'Now lean back and see how it ends.',
  },

  table: {
    title: 'Points',
    rank: 'Rank',
    player: 'Player',
    noes: 'Noes',
    points: 'Points',
    hot: 'On fire: the next report counts twice',
    tieBreak: 'Most points first; then most noes; then fewer reports.',
    later: 'The table comes with your next connection.',
  },

  cheers: 'Just now',

  result: {
    won: (who: string) => `${who} won`,
    wonYou: 'You won',
    shared: (all: string) => `Shared victory: ${all}`,
    draw: 'A draw. Two brave ones.',
    nobody: 'Nobody reported this time. Nobody had to.',
    mine: (reports: number) => `You asked ${many(reports, 'time', 'times')}. That takes guts.`,
    watched: 'Thanks for watching and cheering.',
    xp: (xp: number) => `+${number(xp)} XP for the battle`,
    again: 'Start another one',
    toSquad: 'Back to the squad',
  },

  cancelled: {
    title: 'This battle was called off.',
    reasons: {
      BY_HOST: 'Whoever called for it called it off.',
      TOO_FEW: 'There were not enough of you at the start. It takes two.',
      NOT_STARTED: 'Nobody started it for a day.',
      SQUAD_ARCHIVED: 'The squad has ended.',
    } satisfies Record<CancelReason, string>,
    free: 'It cost nobody anything.',
  },

  gone: 'There is no such battle here.',
  offline: 'This battle comes with your next connection.',

  replay: {
    title: 'How it went',
    scrub: 'Moment',
    play: 'Play',
    pause: 'Pause',
    step: (n: number, all: number, what: string) => `${number(n)} of ${number(all)}: ${what}`,
    later: 'The replay comes with your next connection.',
    moments: {
      opened: (who: string) => `${who} called for the battle`,
      joined: (who: string) => `${who} joined`,
      left: (who: string) => `${who} left`,
      countdown: 'The countdown began',
      live: 'It began',
      grace: 'Time was up',
      finished: 'It was over',
      cancelled: 'It was called off',
      corrected: (who: string) => `${who} put a report right`,
      other: 'Something happened',
    },
  },
};

export type BattleWords = typeof enBattle;
