/**
 * The words of the first screens, in English; `en-inside` has those that come with the others.
 * Plain, warm, short; for somebody who is a little nervous.
 */

export const number = new Intl.NumberFormat('en');
export const many = (n: number, one: string, more: string): string =>
  `${number.format(n)} ${n === 1 ? one : more}`;

export const en = {
  locale: 'en',
  app: 'Gutsy',
  number: (n: number) => number.format(n),
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
    hello: (name: string) => `Hi ${name}.`,
    noSquad: 'You are not in a squad yet. Make one, or open a link that a friend sent you.',
    squads: 'Your squads',
    members: (n: number) => many(n, 'member', 'members'),
    newSquad: 'Start a squad',
    squadName: 'Squad name',
    create: 'Make the squad',
    begin: "I'm 18 or older, let's start",
    nameless: 'Your squad needs a name.',
    membersOnly: 'This squad opens for its members only. Got an invite link? Open that one.',
    haveInvite: 'Got an invite? Just open its link.',
  },

  signIn: {
    name: 'Your name',
    nameHint: 'What your friends call you. 3 to 24 characters.',
    short: 'That is a little short: 3 characters or more, please. Any nickname will do.',
    busy: 'One moment…',
    browser: 'No password, no email: this browser remembers you. Come back with the same one.',
    ended:
      'This browser is no longer signed in, so Gutsy cannot tell who you were. Your squads are still there: ask a friend for an invite link, and come back in with a new name.',
    erased: 'You are erased. Your name and your words are gone. Take care out there.',
    endedJoin: 'This browser is no longer signed in, so you come in with a new name.',
    practice:
      'This is practice, at your own pace. If things are heavy right now, talk to a professional first.',
    taken: (free: string) => `That name is taken. “${free}” is free: tap again, or choose another.`,
  },

  join: {
    invited: (by: string) => `${by} invites you to`,
    invitedByNobody: 'You are invited to',
    size: (members: number, size: number) =>
      `${number.format(members)} of ${number.format(size)} places taken`,
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
    waitingAt: 'You asked to join',
    waitingAtHint: 'Waiting for an answer',
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

  me: {
    label: 'You',
    level: (level: number) => `Level ${number.format(level)}`,
    xp: (xp: number) => `${number.format(xp)} XP`,
    toNext: (xp: number) => `${number.format(xp)} XP to the next level`,
    newLevel: (level: number) => `Level ${number.format(level)}. You earned that.`,
    great: 'Nice',
  },

  outcomes: {
    REJECTED: 'They said no',
    IGNORED: 'They ignored me',
    MIXED: 'A bit of both',
    GRANTED: 'They said yes',
  },

  progress: {
    queued: 'Waiting to send',
    sending: 'Sending',
    saved: 'Saved',
    'needs-you': 'Needs you',
    label: 'On its way',
    retry: 'Try again',
    discard: 'Let it go',
  },

  commands: {
    'squad.create': (name: string) => `New squad: ${name}`,
    'squad.join': 'Joining a squad',
    'squad.leave': 'Leaving the squad',
    'squad.invite': 'Making an invite link',
    'squad.request': 'Asking to join a squad',
    'squad.cancel': 'Not asking any more',
    'squad.approve': (who: string) => `Letting ${who} in`,
    'squad.decline': (who: string) => `Not now: ${who}`,
    'squad.kick': (who: string) => `Taking ${who} out of the squad`,
    'squad.ban': (who: string) => `Banning ${who}`,
    'squad.unban': (who: string) => `Lifting the ban of ${who}`,
    'squad.role': (who: string) => `A new role for ${who}`,
    'squad.rename': (name: string) => `New name: ${name}`,
    'squad.settings': 'Changing the squad',
    'squad.revoke': 'Closing an invite',
    'squad.archive': 'Ending the squad',
    'dare.issue': (who: string) => `Your dare for ${who}`,
    'dare.issueSelf': 'Your dare for yourself',
    'dare.accept': 'You are in',
    'dare.decline': 'Not today',
    'dare.bail': 'Not today',
    'dare.start': 'You are going in',
    'dare.withdraw': 'Taking a dare back',
    'dare.report': (outcome: string) => `Your report: ${outcome}`,
    'dare.correct': (outcome: string) => `Put right: ${outcome}`,
    cheer: (emoji: string) => `Your cheer: ${emoji}`,
    'player.timezone': 'Changing your time zone',
    'player.erase': 'Erasing you',
  },

  refusals: {
    BAD_INPUT: 'That does not look right. Please check it.',
    UNAUTHENTICATED: 'Your sign-in has ended.',
    FORBIDDEN: 'That is not yours to do here.',
    NOT_FOUND: 'It is not there any more.',
    WRONG_STATE: 'Things have moved on since; this cannot be done now.',
    'WRONG_STATE size': 'You are more people than that already.',
    'BAD_INPUT confirm': 'That is not your name. Type it as it stands here.',
    'FORBIDDEN player': 'You can only do that to somebody whose role is below yours.',
    'TOO_MANY_SQUADS player': 'They are in as many squads as there can be.',
    DEADLINE_PASSED: 'Its time has run out. That costs nothing.',
    SQUAD_FULL: 'This squad is full.',
    TOO_MANY_SQUADS: 'You are in as many squads as there can be. Leave one first.',
    BANNED: 'You cannot join this squad.',
    LAST_OWNER: 'A squad needs an owner. Hand it on first.',
    TZ_CHANGE_TOO_SOON: 'You changed your time zone less than a day ago. Try again tomorrow.',
    INVITE_INVALID:
      'This invite link does not work any more, or a piece of it is missing. Ask your friend for a new one.',
    INVITE_EXPIRED: 'This invite has run out. Ask your friend for a new link.',
    INVITE_USED_UP: 'This invite has been used up. Ask your friend for a new link.',
    HANDLE_TAKEN: 'That name is taken.',
    TARGET_UNAVAILABLE: 'They cannot take this dare right now. Try another dare, or somebody else.',
    CONTENT_BLOCKED: 'This dare could hurt somebody, so it cannot be sent.',
    CONTENT_NEEDS_CONFIRM: 'This dare needs a second look.',
    QUOTA: 'That is enough for today. Tomorrow there is more.',
    'QUOTA target':
      'Three of your dares are waiting for them already. Let them answer one first, or take one back.',
    BUSY: 'It is busy right now. Try again in a moment.',
    NO_ANSWER: 'Gutsy did not answer. Try again in a moment.',
    OLD: 'This waited here for over 30 days. Should it still go?',
    other: 'That did not work.',
  } as Record<string, string> & { other: string },
};

export type Words = typeof en;
