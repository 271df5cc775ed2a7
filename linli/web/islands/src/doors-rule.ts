// What a door is after its visits: the greatest of them by (reached, time, id). The same rule as linli/campaigns/merging.py, held to
// the same cases (tests/campaigns/standing.json), so that a phone without network and the server say the same.

export const REACHED: readonly string[] = ["done", "refused", "moved"];
export const TO_REPEAT: readonly string[] = ["nobody_home", "other_language", "unsafe"];

export interface Visit {
  id: string;
  outcome: string;
  /** Milliseconds since 1970. */
  at: number;
  team: string;
  next_at?: string | null;
}

export interface Standing {
  best: Visit;
  visits: number;
  teams: string[];
}

/** A door after some more visits, each given once. */
export function standing(visits: readonly Visit[], before: Standing | null = null): Standing | null {
  for (const visit of visits) {
    if (!before) {
      before = { best: visit, visits: 1, teams: [visit.team] };
      continue;
    }
    const best = greater(visit, before.best) ? visit : before.best;
    const teams = before.teams.includes(visit.team) ? before.teams : [...before.teams, visit.team].sort();
    before = { best, visits: before.visits + 1, teams };
  }
  return before;
}

function greater(one: Visit, other: Visit): boolean {
  const [reached, was] = [REACHED.includes(one.outcome), REACHED.includes(other.outcome)];
  if (reached !== was) return reached;
  if (one.at !== other.at) return one.at > other.at;
  return one.id > other.id;
}

/** Whether a door was visited in vain so often that no team goes there again unasked. */
export function isLeftToDesk(stands: Standing | null, most = Infinity): boolean {
  return stands !== null && TO_REPEAT.includes(stands.best.outcome) && stands.visits >= most;
}

/** What the server knew of a door when it was taken along: older than anything that this phone does, for its time was not sent. */
export function known(outcome: string, visits: number, team: string, next: string | null = null): Standing | null {
  return outcome ? { best: { id: "", outcome, at: 0, team, next_at: next }, visits, teams: [team] } : null;
}
