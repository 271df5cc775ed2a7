// Where the phone is, for those who switch it on: with each visit goes the latest position, and nothing waits for one.
import type { Position } from "./doors-kept";

/** Older than this it says nothing of the door. */
const FRESH_MS = 60_000;

export class Positioned {
  private watch: number | null = null;
  private last: { at: number; position: Position } | null = null;

  get on(): boolean {
    return this.watch !== null;
  }

  /** `refused` is called where the phone, or whoever holds it, gives none. */
  start(refused: () => void): void {
    if (!("geolocation" in navigator)) return refused();
    const heard = ({ coords, timestamp }: GeolocationPosition): void => {
      this.last = { at: timestamp, position: { lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy } };
    };
    const failed = (error: GeolocationPositionError): void => {
      if (error.code !== error.PERMISSION_DENIED) return;
      this.stop();
      refused();
    };
    this.watch = navigator.geolocation.watchPosition(heard, failed, { enableHighAccuracy: true, maximumAge: FRESH_MS / 2 });
  }

  stop(): void {
    if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
    this.watch = this.last = null;
  }

  now(): Position | null {
    return this.last && Date.now() - this.last.at < FRESH_MS ? this.last.position : null;
  }
}
