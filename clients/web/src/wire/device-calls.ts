/** The calls about one's devices, which the first screens do not need. */
import type { Where } from '../actions';
import { call } from './http';
import type { HttpAnswer } from './http';
import type { DeviceCode, Redeem, SignedIn } from './types.generated';

export interface DeviceCalls {
  link(): Promise<HttpAnswer<DeviceCode>>;
  redeem(code: string): Promise<HttpAnswer<SignedIn>>;
  signOut(where: Where): Promise<HttpAnswer<null>>;
}

export const browserDeviceCalls: DeviceCalls = {
  link: () => call('POST', '/api/link', {}),
  redeem: (code) => call('POST', '/api/link/redeem', { code } satisfies Redeem),
  signOut: (where) => call('DELETE', where === 'here' ? '/api/session' : '/api/sessions'),
};
