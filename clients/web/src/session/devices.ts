/** One's devices: a code for one more, coming in by a code, signing out. Comes with the screens that call it. */
import type { Tabs } from '../outbox/tabs';
import type { Router } from '../router/history';
import type { Change } from '../state/changes';
import type { State } from '../state/state';
import type { Connection } from '../wire/connection';
import { NOT_SIGNED_IN, NO_ANSWER } from '../wire/codes';
import { deviceCalls } from '../wire/device-calls';
import type { DeviceCalls, Where } from '../wire/device-calls';
import type { Call } from '../wire/http';
import type { SignIn } from './sign-in';

export interface DevicePorts {
  call: Call;
  signIn: Pick<SignIn, 'cameIn' | 'signedOut' | 'stopped'>;
  connection: Pick<Connection, 'restart'>;
  router: Router;
  dispatch(change: Change): void;
  tell: Tabs['tell'];
  state(): State;
}

export interface Devices {
  makeCode(): Promise<void>;
  redeem(code: string): Promise<void>;
  signOut(where: Where): Promise<void>;
}

export function devices(ports: DevicePorts, http: DeviceCalls = deviceCalls(ports.call)): Devices {
  const { signIn, connection, router, dispatch, tell, state } = ports;
  return {
    makeCode: async () => {
      dispatch({ is: 'link-code', linkCode: { at: 'making' } });
      const answer = await http.link();
      const linkCode = answer.isOk
        ? ({ at: 'shown', ...answer.body } as const)
        : ({ at: 'refused', code: answer.error.code } as const);
      dispatch({ is: 'link-code', linkCode });
      if (!answer.isOk && answer.error.code === 'UNAUTHENTICATED') await signIn.stopped(NOT_SIGNED_IN, '');
    },
    /** Whoever was here before stays apart, under their own id. */
    redeem: async (code) => {
      dispatch({ is: 'signing-in', signIn: { at: 'busy' } });
      const answer = await http.redeem(code);
      if (!answer.isOk) {
        dispatch({ is: 'signing-in', signIn: { at: 'refused', code: answer.error.code } });
        // The code may be used up and the cookie here: the next welcome says who this is.
        if (answer.error.code === NO_ANSWER) connection.restart();
        return;
      }
      await signIn.cameIn(answer.body.player);
      router.go({ at: 'start' }, 'replace');
    },
    /** Only the server can sign out: without an answer of it everything stays, and the screen says so. */
    signOut: async (where) => {
      const { session } = state();
      dispatch({ is: 'leaving', leave: { at: 'busy' } });
      const answer = await http.signOut(where);
      if (!answer.isOk && answer.error.code !== 'UNAUTHENTICATED') {
        dispatch({ is: 'leaving', leave: { at: 'refused', code: answer.error.code } });
        return;
      }
      if (session.at === 'in') tell({ is: 'left', player: session.player });
      // Of a sign-in that had ended already the server did not know whose other devices to sign out.
      await signIn.signedOut(answer.isOk || where === 'here' ? 'signed-out' : 'only-here');
      router.go({ at: 'start' }, 'replace');
    },
  };
}
