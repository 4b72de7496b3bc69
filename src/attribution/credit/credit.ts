/** What a model gives each channel, in the order of the table's channels; (channels) each. */
export interface Credit {
  readonly conversions: Float64Array;
  readonly values: Float64Array;
}
