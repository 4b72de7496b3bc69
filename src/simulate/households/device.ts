/** A device, whose id is another one after it was replaced, or its cookies were lost. */
import { dayMs } from "../../core/index.ts";
import type { Draws } from "../draws.ts";
import type { HouseholdParameters } from "./parameters.ts";

export type DeviceKind =
  | "phone"
  | "laptop"
  | "tablet"
  | "console"
  | "work"
  | "car"
  | "tv"
  | "speaker";

export class Device {
  readonly kind: DeviceKind;
  /** When it is taken; epoch milliseconds. */
  busyUntil = 0;
  /** From when each id holds, in order of time. */
  readonly #ids: { readonly from: number; readonly number: number }[];

  constructor(
    kind: DeviceKind,
    { cookieLoss, deviceChange }: HouseholdParameters,
    start: number,
    end: number,
    { draws, nextDevice }: { readonly draws: Draws; readonly nextDevice: () => number },
  ) {
    this.kind = kind;
    this.#ids = [{ from: start, number: nextDevice() }];
    const lossPerMonth = deviceChange + (kind === "laptop" || kind === "work" ? cookieLoss : 0);
    if (lossPerMonth === 0) return;
    const meanMs = (30 * dayMs) / lossPerMonth;
    for (let time = start; ; ) {
      time += draws.exponential() * meanMs;
      if (time >= end) break;
      this.#ids.push({ from: time, number: nextDevice() });
    }
  }

  /** The number of its id, within the account. */
  idAt(time: number): number {
    const held = this.#ids.findLast(({ from }) => from <= time) ?? this.#ids[0];
    return held.number;
  }
}
