/** Accounts with faults and habits that the simulator has none of: what one person does that looks like two. */
import { Random } from "#foldback/core";
import type { KnownAccount, KnownAction, KnownSession } from "#foldback/evaluate";

export interface Perturbation {
  /** Of the accounts: those where sessions go on by themselves, on a device that was left on. */
  readonly leftOnShare: number;
  /** Up to this share of what is played on a device is the device's: what a stranger likes. */
  readonly deviceTaste: number;
}

/** Of sessions in an account where devices are left on, and how long at most. */
const leftOn = 0.3;
const leftOnMaxMs = 2 * 3_600_000;

/** Each stranger is somebody of the account before, so the first account stays as it is. */
export function* perturbed(
  accounts: Iterable<KnownAccount>,
  { deviceTaste, leftOnShare }: Perturbation,
  seed: number,
): Generator<KnownAccount> {
  const random = new Random(seed);
  let before: readonly KnownAction[] = [];
  for (const account of accounts) {
    const isLeftOn = random.uniform() < leftOnShare;
    const tasteOf = new Map<string | undefined, DeviceTaste>();
    const strangers = before;
    const sessions = account.sessions.map((session): KnownSession => {
      const taste = tasteOf.get(session.device) ?? drawTaste(random, strangers, deviceTaste);
      tasteOf.set(session.device, taste);
      const goesOn = isLeftOn && random.uniform() < leftOn;
      return {
        ...session,
        end: session.end + (goesOn ? Math.floor(random.uniform() * leftOnMaxMs) : 0),
        actions: session.actions.map((action) =>
          random.uniform() < taste.share
            ? taste.actions[random.below(taste.actions.length)]
            : action,
        ),
      };
    });
    before = account.sessions.flatMap(({ actions, person }) => (person === 1 ? actions : []));
    yield { ...account, sessions };
  }
}

interface DeviceTaste {
  readonly share: number;
  readonly actions: readonly KnownAction[];
}

/** A few neighbouring actions of strangers: a narrow taste. */
function drawTaste(random: Random, strangers: readonly KnownAction[], most: number): DeviceTaste {
  if (strangers.length === 0) return { share: 0, actions: strangers };
  const from = random.below(strangers.length);
  return { share: random.uniform() * most, actions: strangers.slice(from, from + 40) };
}
