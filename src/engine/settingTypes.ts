/** Kinds of settings that several parts of the schema have. */
import { Type } from "typebox";

/** A setting that is not there is a mistake, never ignored. */
export const closed = { additionalProperties: false } as const;

export const whole = (description: string, value: number, minimum: number, maximum: number) =>
  Type.Integer({ description, default: value, minimum, maximum });

export const number = (description: string, value: number, minimum: number, maximum: number) =>
  Type.Number({ description, default: value, minimum, maximum });
