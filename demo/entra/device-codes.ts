// Sign-ins that wait for somebody to approve them on another device: RFC 8628, as Entra answers it.
import { randomBytes, randomInt } from 'node:crypto';

export interface DeviceSignIn {
  readonly userCode: string;
  readonly clientId: string;
  readonly scope: string;
  readonly expiresAtMs: number;
  /** Object id of who approved; undefined while nobody has. */
  approvedBy: string | undefined;
  isDeclined: boolean;
}

export interface DeviceCodes {
  /** @returns the device code, secret between the stand-in and the client */
  start(clientId: string, scope: string): { deviceCode: string; signIn: DeviceSignIn };
  /** @throws RangeError for a code that is not waiting */
  approve(userCode: string, objectId: string): void;
  /** The person says no. @throws RangeError for a code that is not waiting */
  decline(userCode: string): void;
  find(deviceCode: string): DeviceSignIn | undefined;
  remove(deviceCode: string): void;
  waiting(): string[];
}

/** As at Entra. */
export const DEVICE_CODE_LIFE_SECONDS = 900;
const MAX_DEVICE_CODES = 1_000;
// No vowels, no look-alikes: RFC 8628 §6.1.
const USER_CODE_ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
const USER_CODE_LENGTH = 9;

export function createDeviceCodes(): DeviceCodes {
  const signIns = new Map<string, DeviceSignIn>();
  const isWaiting = (signIn: DeviceSignIn): boolean =>
    signIn.approvedBy === undefined && !signIn.isDeclined && signIn.expiresAtMs > Date.now();
  const findWaiting = (userCode: string): DeviceSignIn => {
    const signIn = [...signIns.values()].find(
      (candidate) => candidate.userCode === userCode.toUpperCase() && isWaiting(candidate),
    );
    if (signIn === undefined) throw new RangeError('no sign-in waits for this code');
    return signIn;
  };
  return {
    start(clientId, scope) {
      for (const oldest of signIns.keys()) {
        if (signIns.size < MAX_DEVICE_CODES) break;
        signIns.delete(oldest);
      }
      const letters = Array.from({ length: USER_CODE_LENGTH }, () =>
        USER_CODE_ALPHABET.charAt(randomInt(USER_CODE_ALPHABET.length)),
      );
      const signIn: DeviceSignIn = {
        userCode: letters.join(''),
        clientId,
        scope,
        expiresAtMs: Date.now() + DEVICE_CODE_LIFE_SECONDS * 1000,
        approvedBy: undefined,
        isDeclined: false,
      };
      const deviceCode = randomBytes(48).toString('base64url');
      signIns.set(deviceCode, signIn);
      return { deviceCode, signIn };
    },
    approve(userCode, objectId) {
      findWaiting(userCode).approvedBy = objectId;
    },
    decline(userCode) {
      findWaiting(userCode).isDeclined = true;
    },
    find: (deviceCode) => signIns.get(deviceCode),
    remove: (deviceCode) => void signIns.delete(deviceCode),
    waiting: () => [...signIns.values()].filter(isWaiting).map(({ userCode }) => userCode),
  };
}
