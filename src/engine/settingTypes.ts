/** Kinds of settings that several parts of the schema have. */
import { Type } from "../core/index.ts";

/** A setting that is not there is a mistake, never ignored. */
export const closed = { additionalProperties: false } as const;

export const whole = (description: string, value: number, minimum: number, maximum: number) =>
  Type.Integer({ description, default: value, minimum, maximum });

export const number = (description: string, value: number, minimum: number, maximum: number) =>
  Type.Number({ description, default: value, minimum, maximum });

/** Of weights that learn by FTRL-proximal. */
export const ftrl = ({ alpha, beta }: { readonly alpha: number; readonly beta: number }) =>
  Type.Object(
    {
      alpha: number("FTRL's learning rate.", alpha, 1e-6, 10),
      beta: number("Damps the first steps.", beta, 0, 10),
      l1: number("Keeps weights with little evidence at 0.", 0, 0, 100),
      l2: number("Pulls weights towards 0.", 0, 0, 100),
    },
    { ...closed, default: {} },
  );
