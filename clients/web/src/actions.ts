/** What a person can do, as the screens call it. No screen knows a socket, a store or the net. */
import type { Outbox } from './outbox/outbox';
import type { Router } from './router/history';
import type { Route } from './router/route';
import type { DevicePorts } from './session/devices';
import type { LookUpPorts } from './session/look-ups';
import type { SignIn } from './session/sign-in';
import type { Change } from './state/changes';
import type { Drafts } from './storage/drafts';
import type { Connection } from './wire/connection';
import type { Http } from './wire/http';
import type { CommandBodies } from './wire/types.generated';

/** What is about the player alone; what leads into a squad; and all the rest: what one does in a squad. */
export type PlayerCommand = 'player.timezone' | 'player.erase';
export type SquadCommand = Exclude<
  keyof CommandBodies,
  PlayerCommand | 'squad.create' | 'squad.join' | 'squad.request'
>;
/** With an invite code: at once, or by asking. */
export type Entry = 'squad.join' | 'squad.request';

export interface Actions {
  /** A new guest who makes a squad at once. */
  begin(handle: string, squadName: string): void;
  /** A new guest who comes in by an invite code. */
  enter(handle: string, code: string, how: Entry): void;
  /** The same two for somebody who is signed in. */
  createSquad(name: string): void;
  join(code: string, how: Entry): void;
  /** Puts a squad's command on its way; the id under which its answer will come, null when signed out. */
  send<K extends SquadCommand>(squad: string, k: K, b: CommandBodies[K]): string | null;
  /** The same for a command about oneself. */
  sendOwn<K extends PlayerCommand>(k: K, b: CommandBodies[K]): string | null;
  retry(entry: string): void;
  discard(entry: string): void;
  /** Quietly: what is on the screen stays until there is an answer. */
  loadInvite(code: string, how?: 'quietly'): void;
  loadDeck(): void;
  /** What is half written on a screen. */
  drafts: Drafts;
  celebrated(): void;
  /** For the modules of `session` that come with the screens that use them. */
  inside: DevicePorts & LookUpPorts;
  /** Takes the connection back after another window took it. */
  resume(): void;
  /** `replace`: the back button does not lead here again. */
  go(route: Route, how?: 'replace'): void;
}

export interface ActionPorts {
  http: Pick<Http, 'invite'>;
  drafts: Drafts;
  outbox: Pick<Outbox, 'add' | 'retry' | 'discard'>;
  signIn: Pick<SignIn, 'asGuest'>;
  connection: Pick<Connection, 'restart'>;
  router: Router;
  dispatch(change: Change): void;
  loadDeck(): void;
  inside: Actions['inside'];
}

export function commandActions({
  http,
  drafts,
  outbox,
  signIn,
  connection,
  router,
  dispatch,
  loadDeck,
  inside,
}: ActionPorts): Actions {
  const createSquad = (name: string): void => {
    outbox.add('squad.create', { name, tz: Intl.DateTimeFormat().resolvedOptions().timeZone });
  };
  const join = (code: string, how: Entry): void => {
    outbox.add(how, { code });
  };
  const loadInvite = async (code: string, how?: 'quietly'): Promise<void> => {
    if (how !== 'quietly') dispatch({ is: 'invite', code, invite: { at: 'loading' } });
    const answer = await http.invite(code);
    const invite = answer.isOk
      ? ({ at: 'open', preview: answer.body } as const)
      : ({ at: 'refused', code: answer.error.code } as const);
    dispatch({ is: 'invite', code, invite });
  };
  return {
    begin: (handle, squadName) => {
      // Whatever address led here (a squad's own, perhaps): the new squad is what is waited for.
      router.go({ at: 'start' }, 'replace');
      void signIn.asGuest(handle, () => {
        createSquad(squadName);
      });
    },
    enter: (handle, code, how) =>
      void signIn.asGuest(handle, () => {
        join(code, how);
      }),
    createSquad,
    join,
    send: (squad, k, b) => outbox.add(k, b, squad),
    sendOwn: (k, b) => outbox.add(k, b),
    retry: (entry) => {
      outbox.retry(entry);
    },
    discard: (entry) => {
      outbox.discard(entry);
    },
    loadInvite: (code, how) => void loadInvite(code, how),
    loadDeck,
    drafts,
    inside,
    celebrated: () => {
      dispatch({ is: 'celebrated' });
    },
    resume: () => {
      connection.restart();
    },
    go: (route, how) => {
      router.go(route, how);
    },
  };
}
