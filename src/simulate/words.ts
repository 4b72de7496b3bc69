/** Names of the simulated catalogue: neutral words, of nobody's works. */

/** The latent genres; a taste and an item have a component for each, in this order. */
export const genres: readonly string[] = [
  "ambient",
  "blues",
  "chamber",
  "dance",
  "electro",
  "folk",
  "garage",
  "hiphop",
  "jazz",
  "metal",
  "pop",
  "soul",
];

export const adjectives: readonly string[] = [
  ...["Amber", "Bright", "Broad", "Calm", "Clear", "Cold", "Deep", "Distant", "Early", "Even"],
  ...["Faint", "Gentle", "Golden", "Green", "Grey", "Hidden", "High", "Hollow", "Late", "Light"],
  ...["Long", "Low", "Narrow", "New", "Northern", "Open", "Pale", "Plain", "Quiet", "Rapid"],
  ...["Round", "Silent", "Silver", "Slow", "Small", "Soft", "Southern", "Still", "Warm", "Wide"],
];

export const nouns: readonly string[] = [
  ...["Arch", "Bay", "Bridge", "Canal", "Cloud", "Coast", "Corner", "Current", "Door", "Field"],
  ...[
    "Forest",
    "Garden",
    "Harbour",
    "Hill",
    "Island",
    "Lake",
    "Lamp",
    "Meadow",
    "Mirror",
    "Morning",
  ],
  ...["Mountain", "Orbit", "Path", "Pier", "Plain", "Rain", "Ridge", "River", "Road", "Roof"],
  ...["Shore", "Signal", "Snow", "Square", "Station", "Stone", "Street", "Tide", "Tower", "Valley"],
];

/** What an item is tagged with besides its genres; says nothing of who will like it. */
export const moods: readonly string[] = [
  ...["acoustic", "calm", "drive", "evening", "focus", "live", "morning", "party", "rainy", "run"],
  ...["sleep", "study", "summer", "travel", "winter", "workout"],
];
