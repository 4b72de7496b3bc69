/** What was played, as far as an account's data say, with times or without; each kind of data has weights of its own. */
export const dataKinds = [
  "genreArtist",
  "genre",
  "artist",
  "song",
  "access",
  "genreArtistNoTime",
  "genreNoTime",
  "artistNoTime",
  "songNoTime",
  "accessNoTime",
] as const;
export type DataKind = (typeof dataKinds)[number];
