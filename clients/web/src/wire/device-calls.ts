/** The calls about one's devices, which the first screens do not need. */
import type { Call, HttpAnswer } from './http';
import type { DeviceCode, Redeem, SignedIn } from './types.generated';

/** Which of one's devices. */
export type Where = 'here' | 'everywhere';

export interface DeviceCalls {
  link(): Promise<HttpAnswer<DeviceCode>>;
  redeem(code: string): Promise<HttpAnswer<SignedIn>>;
  signOut(where: Where): Promise<HttpAnswer<null>>;
}

export const deviceCalls = (call: Call): DeviceCalls => ({
  link: () => call('POST', '/api/link', {}),
  redeem: (code) => call('POST', '/api/link/redeem', { code } satisfies Redeem),
  signOut: (where) => call('DELETE', where === 'here' ? '/api/session' : '/api/sessions'),
});
