/** When people listen: how likely each hour of the local week is. */

export interface Routine {
  readonly name: string;
  /** By local hour of the week from Monday 0:00, shape (168,); mean 1. */
  readonly hourWeights: readonly number[];
  readonly weightMax: number;
  /** Whether a second place (work, school) takes the person's weekdays from 9 to 17. */
  readonly goesOut: boolean;
}

/** By hour of the day, from 0; only their proportions count. Judgement, not measurement. */
interface Shape {
  readonly name: string;
  readonly goesOut: boolean;
  readonly weekday: readonly number[];
  readonly weekend: readonly number[];
}

const shapes: readonly Shape[] = [
  {
    name: "commuter",
    goesOut: true,
    weekday: [1, 0, 0, 0, 0, 1, 4, 9, 8, 3, 2, 2, 3, 2, 2, 2, 4, 8, 7, 4, 4, 5, 4, 2],
    weekend: [2, 1, 0, 0, 0, 0, 0, 1, 2, 4, 5, 5, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 4, 3],
  },
  {
    name: "office",
    goesOut: true,
    weekday: [0, 0, 0, 0, 0, 0, 1, 2, 3, 6, 7, 7, 5, 7, 7, 6, 5, 3, 2, 2, 3, 3, 2, 1],
    weekend: [1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1],
  },
  {
    name: "student",
    goesOut: true,
    weekday: [3, 2, 1, 0, 0, 0, 1, 3, 3, 2, 2, 2, 3, 2, 2, 4, 5, 5, 5, 5, 5, 6, 6, 5],
    weekend: [6, 5, 4, 2, 1, 0, 0, 0, 0, 1, 2, 4, 5, 5, 5, 5, 5, 5, 5, 5, 6, 6, 7, 7],
  },
  {
    name: "home",
    goesOut: false,
    weekday: [0, 0, 0, 0, 0, 0, 1, 2, 4, 5, 5, 4, 3, 4, 5, 4, 3, 3, 3, 2, 2, 2, 1, 0],
    weekend: [0, 0, 0, 0, 0, 0, 0, 1, 3, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 1, 0],
  },
  {
    name: "evening",
    goesOut: true,
    weekday: [2, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 5, 7, 9, 9, 8, 5],
    weekend: [4, 2, 1, 0, 0, 0, 0, 0, 0, 1, 2, 2, 3, 3, 3, 3, 3, 4, 5, 6, 8, 9, 9, 7],
  },
  {
    name: "child",
    goesOut: true,
    weekday: [0, 0, 0, 0, 0, 0, 1, 3, 1, 0, 0, 0, 0, 0, 2, 6, 8, 8, 7, 4, 1, 0, 0, 0],
    weekend: [0, 0, 0, 0, 0, 0, 2, 6, 8, 8, 7, 5, 4, 4, 5, 6, 6, 6, 5, 3, 1, 0, 0, 0],
  },
];

export const routines: readonly Routine[] = shapes.map(({ name, goesOut, weekday, weekend }) => {
  const hours = [0, 1, 2, 3, 4, 5, 6].flatMap((day) => (day < 5 ? weekday : weekend));
  const mean = hours.reduce((sum, hour) => sum + hour, 0) / hours.length;
  const hourWeights = hours.map((hour) => hour / mean);
  return { name, goesOut, hourWeights, weightMax: Math.max(...hourWeights) };
});

const child = shapes.length - 1;

/** Index of a routine: the first two of an account are grown up, the others often are not. */
export function routineFor(numberInAccount: number, uniform: number): number {
  const isChild = numberInAccount > 2 && uniform < 0.6;
  return isChild ? child : Math.floor(uniform * child);
}

/**
 * The weight of an hour of the week for somebody who does everything `shiftHours` later than the routine
 * says.
 */
export function hourWeight(routine: Routine, hourOfWeek: number, shiftHours: number): number {
  return routine.hourWeights[(hourOfWeek - shiftHours + 168) % 168];
}

/** Monday to Friday, 9:00 to 16:59. */
export function isWorkingHour(hourOfWeek: number): boolean {
  const hour = hourOfWeek % 24;
  return hourOfWeek < 120 && hour >= 9 && hour < 17;
}
