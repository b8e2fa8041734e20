/**
 * The words of the first screens, in English; `en-inside` has those that come with the others.
 * Plain, warm, short; for somebody who is a little nervous.
 */

import { once } from './once';

const numbers = once(() => new Intl.NumberFormat('en'));
const plurals = once(() => new Intl.PluralRules('en'));
export const number = (n: number): string => numbers().format(n);
export const many = (n: number, one: string, more: string): string =>
  `${number(n)} ${plurals().select(n) === 'one' ? one : more}`;

export const en = {
  locale: 'en',
  language: 'Language',
  app: 'Gutsy',
  /** The loud word, drawn: strokes of this weight in a box of 360 × 240. */
  mark: {
    path: 'M76 164V76h3l74 88h3V76M243 76h4a37 37 0 0 1 37 37v14a37 37 0 0 1-37 37h-4a37 37 0 0 1-37-37v-14a37 37 0 0 1 37-37z',
    weight: 28,
  },
  number,
  you: 'You',
  formerMember: 'Former member',
  unnamedSquad: 'your squad',
  skipToContent: 'Skip to content',
  loading: 'One moment…',

  missing: {
    title: 'This screen did not load.',
    hint: 'The net may be gone, or Gutsy has been updated.',
    reload: 'Load it again',
  },

  start: {
    title: 'Get told no. On purpose.',
    lead: 'You and your friends dare each other to ask for small, unlikely things. A no is a win. So is having asked.',
    newSquad: 'Start a squad',
    squadName: 'Squad name',
    begin: "I'm 18 or older, let's start",
    nameless: 'Your squad needs a name.',
    membersOnly: 'This squad opens for its members only. Got an invite link? Open that one.',
    haveInvite: 'Got an invite? Just open its link.',
    haveCode: 'I already play: use a code',
  },

  signIn: {
    name: 'Your name',
    nameHint: 'What your friends call you. 3 to 24 characters.',
    short: 'That is a little short: 3 characters or more, please. Any nickname will do.',
    busy: 'One moment…',
    browser: 'No password, no email: this browser remembers you. Come back with the same one.',
    ended:
      'This browser is no longer signed in, so Gutsy cannot tell who you were. A code from another device of yours brings you back. Without one, ask a friend for an invite link and come in with a new name.',
    endedJoin: 'This browser is no longer signed in, so you come in with a new name.',
    practice:
      'This is practice, at your own pace. If things are heavy right now, talk to a professional first.',
    taken: (free: string) => `That name is taken. “${free}” is free: tap again, or choose another.`,
  },

  join: {
    invited: (by: string) => `${by} invites you to`,
    invitedByNobody: 'You are invited to',
    size: (members: number, size: number) => `${number(members)} of ${number(size)} places taken`,
    what: 'Dare each other to ask for small, unlikely things. A no is a win.',
    history: 'Members see the squad’s whole story, from before they joined too.',
    enter: "I'm 18 or older, let me in",
    as: (name: string) => `You are here as ${name}.`,
    join: (squad: string) => `Join ${squad}`,
    entering: 'Letting you in…',
    approval: 'Here the owner or a captain lets people in. You ask, they answer.',
    full: 'This squad is full right now. You can ask to come in when there is room.',
    ask: (squad: string) => `Ask to join ${squad}`.trim(),
    askNew: "I'm 18 or older, ask to join",
    asking: 'Asking…',
    already: 'You are in this squad already.',
    toSquad: 'Go to the squad',
    offline: 'The invite could not be loaded. It will be tried again as soon as you are back online.',
    again: 'Try again',
    toStart: 'Go to the start page',
  },

  connection: {
    label: 'Connection',
    offline: 'Gutsy cannot be reached right now. What you do is kept on this device and sent later.',
    replaced: 'Gutsy is open in another window.',
    useHere: 'Use it here',
    outdated: 'There is a new Gutsy.',
    reload: 'Use the new one',
    stopped: 'The connection was closed.',
    again: 'Connect again',
  },

  /** Of signing in and of invites; `en-inside` has the rest. */
  refusals: {
    BAD_INPUT: 'That does not look right. Please check it.',
    SQUAD_FULL: 'This squad is full.',
    BANNED: 'You cannot join this squad.',
    INVITE_INVALID:
      'This invite link does not work any more, or a piece of it is missing. Ask your friend for a new one.',
    INVITE_EXPIRED: 'This invite has run out. Ask your friend for a new link.',
    INVITE_USED_UP: 'This invite has been used up. Ask your friend for a new link.',
    HANDLE_TAKEN: 'That name is taken.',
    BUSY: 'It is busy right now. Try again in a moment.',
    NO_ANSWER: 'Gutsy did not answer. Try again in a moment.',
    other: 'That did not work.',
  },
};

export type Words = typeof en;
