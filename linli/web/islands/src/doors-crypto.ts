// What a phone keeps of doors is encrypted under a key of its own, which is wrapped by a PIN. In memory the key cannot be read out; on the
// phone it stands only wrapped. What this does not protect against stands in docs/field.md.

const ROUNDS = 600_000;
const PIN = /^[0-9]{6,12}$/;

export interface Wrapped {
  salt: Uint8Array<ArrayBuffer>;
  rounds: number;
  key: ArrayBuffer;
}

export interface Sealed {
  iv: Uint8Array<ArrayBuffer>;
  data: ArrayBuffer;
}

export const isPin = (pin: string): boolean => PIN.test(pin);

/** A new key, wrapped by the PIN. */
export async function wrapped(pin: string): Promise<Wrapped> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
  return { salt, rounds: ROUNDS, key: await crypto.subtle.wrapKey("raw", key, await byPin(pin, salt, ROUNDS), "AES-KW") };
}

/** The key, or null where the PIN is another. */
export async function unwrapped(pin: string, { salt, rounds, key }: Wrapped): Promise<CryptoKey | null> {
  const by = await byPin(pin, salt, rounds);
  return crypto.subtle.unwrapKey("raw", key, by, "AES-KW", "AES-GCM", false, ["encrypt", "decrypt"]).catch(() => null);
}

async function byPin(pin: string, salt: BufferSource, iterations: number): Promise<CryptoKey> {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(how, typed, { name: "AES-KW", length: 256 }, false, ["wrapKey", "unwrapKey"]);
}

/** `place` says where the content belongs: it opens nowhere else. */
export async function sealBytes(key: CryptoKey, place: string, content: BufferSource): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bytes(place) }, key, content) };
}

export const openBytes = (key: CryptoKey, place: string, { iv, data }: Sealed): Promise<ArrayBuffer> =>
  crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: bytes(place) }, key, data);

export const seal = (key: CryptoKey, place: string, content: unknown): Promise<Sealed> =>
  sealBytes(key, place, bytes(JSON.stringify(content)));

export async function open<T>(key: CryptoKey, place: string, sealed: Sealed): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await openBytes(key, place, sealed))) as T;
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
