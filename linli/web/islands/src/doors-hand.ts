// Doors from phone to phone, without a network: one shows a code, the other scans it. The code says whose campaign it is and carries a
// checksum, so that nothing else is taken for it; it holds doors and no answers, but is for the colleague's eyes alone all the same: with
// each door goes the giver's signature, by which a visit to it counts (linli/campaigns/handing.py).
import { encode } from "uqr";
import type { Hand, ListedDoor } from "./doors-kept";
import { h, say } from "./doors-view";

export const MOST = 20;
const MARK = "linli-doors-2.";
// With a household that no list had: a phone that does not know of these takes it for another code.
const MARK_FOUND = "linli-doors-3.";
const PROOF_BYTES = 12;
const MOST_LABEL = 60;
// Of a door, all but when to come again.
const SENT = 6;
const SECONDS_BETWEEN_LOOKS = 0.25;

export interface Handover {
  campaign: string;
  team: string;
  building: string;
  building_name: string;
  doors: ListedDoor[];
  /** Of each door, who of its team gave it first, and their signature. */
  given: [string, string][];
  /** How a household is called that no list had, beside its door; empty for the others. */
  labels?: string[];
  /** Of each door, when somebody is to come again, or null: beside the doors, whose length phones of the last version look at. */
  next?: (string | null)[];
}

/** The signature of a door by this phone's owner. */
export async function signed({ secret }: Hand, campaign: string, door: string): Promise<string> {
  const bytes = Uint8Array.from(secret.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const made = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(`${campaign}:${door}`));
  return base64(new Uint8Array(made).slice(0, PROOF_BYTES));
}

declare class BarcodeDetector {
  constructor(options: { formats: string[] });
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
  static getSupportedFormats(): Promise<string[]>;
}

/** As text: compressed, with the beginning of its digest before it. */
export async function written(handover: Handover): Promise<string> {
  const doors = handover.doors.map((door) => door.slice(0, SENT));
  const next = handover.doors.map(([, , , , , , at]) => at ?? null);
  const content = JSON.stringify({ ...handover, doors, next: next.some(Boolean) ? next : undefined });
  const packed = await through(new TextEncoder().encode(content), new CompressionStream("deflate-raw"));
  return `${handover.labels?.some(Boolean) ? MARK_FOUND : MARK}${await checksum(packed)}.${base64(packed)}`;
}

/** What a code hands over; null where it is another one, or was misread. */
export async function understood(text: string): Promise<Handover | null> {
  const known = [MARK, MARK_FOUND].some((mark) => text.startsWith(mark));
  const [check, content] = known ? text.slice(MARK.length).split(".") : [];
  if (!check || !content) return null;
  try {
    const packed = Uint8Array.from(atob(content.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
    if ((await checksum(packed)) !== check) return null;
    const read = JSON.parse(new TextDecoder().decode(await through(packed, new DecompressionStream("deflate-raw")))) as Handover;
    if (!sensible(read)) return null;
    return { ...read, doors: read.doors.map(([id, entrance, floor, door, outcome, visits], at) => [id, entrance, floor, door, outcome, visits, read.next?.[at] ?? null]) };
  } catch {
    return null;
  }
}

const isText = (value: unknown): boolean => typeof value === "string" && value.length <= 200;

function sensible({ campaign, team, building, building_name: name, doors, given, labels = [], next = [] }: Handover): boolean {
  const said = [campaign, team, building, name].every(isText) && Array.isArray(doors) && doors.length <= MOST;
  const whole = said && doors.every(([id, ...more]) => isText(id) && more.length === SENT - 1 && isText(more[3]));
  if (!Array.isArray(labels) || labels.length > MOST || !labels.every((one) => isText(one) && one.length <= MOST_LABEL)) return false;
  if (!Array.isArray(next) || next.length > MOST || !next.every((one) => one === null || (isText(one) && !Number.isNaN(Date.parse(one))))) return false;
  return whole && Array.isArray(given) && given.length === doors.length && given.every((one) => one.length === 2 && one.every(isText));
}

async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

async function checksum(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return base64(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).slice(0, 6));
}

const base64 = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/** Black on white in every look: that is what cameras read. */
export function drawn(text: string, label: string): HTMLElement {
  const { data, size } = encode(text, { ecc: "L", border: 4 });
  const canvas = h("canvas", { class: "door-code", role: "img", "aria-label": label }) as HTMLCanvasElement;
  const scale = Math.ceil(960 / size);
  canvas.width = canvas.height = size * scale;
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#000000";
  data.forEach((row, y) => row.forEach((dark, x) => dark && pen.fillRect(x * scale, y * scale, scale, scale)));
  return canvas;
}

/** Looks through the camera until a code is read or the page goes on. `reader` is the module for browsers that read no codes themselves. */
export function scanner(reader: string, found: (text: string) => Promise<boolean>): { element: HTMLElement; stop: () => void } {
  const video = h("video", { class: "door-camera", playsinline: true, muted: true, "aria-label": say("scan_about") }) as HTMLVideoElement;
  const status = h("p", { role: "status" }, say("scan_about"));
  let stream: MediaStream | null = null;
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    for (const track of stream?.getTracks() ?? []) track.stop();
  };
  const look = async (): Promise<void> => {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    if (stopped) return stop();
    video.srcObject = stream;
    await video.play();
    const read = await readerOf(reader);
    while (!stopped) {
      const text = await read(video);
      if (text && (await found(text))) return stop();
      if (text) status.textContent = say("scan_other");
      await new Promise((done) => setTimeout(done, SECONDS_BETWEEN_LOOKS * 1000));
    }
  };
  look().catch(() => {
    stop();
    status.textContent = say("scan_none");
  });
  return { element: h("div", { class: "stack" }, status, video), stop };
}

type Reader = (video: HTMLVideoElement) => Promise<string>;

async function readerOf(address: string): Promise<Reader> {
  if ("BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? "";
  }
  const { read } = (await import(/* @vite-ignore */ address)) as { read: (image: ImageData) => string };
  const canvas = document.createElement("canvas");
  return async (video) => {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const pen = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    pen.drawImage(video, 0, 0);
    return canvas.width ? read(pen.getImageData(0, 0, canvas.width, canvas.height)) : "";
  };
}
